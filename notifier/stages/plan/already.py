"""What people were told of already, or are about to be: by a notice of its own, or in a letter of a whole thread."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.words import State
from notifier.models import Delivery, LetterItem, Notice, OtherVersion

OWED_STATES: Final = (State.QUEUED, State.SENDING, State.SENT)


def noticed(session: Session, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], set[int]]:
    """(subscriber, article) -> the comments that have a notice of their own: those are told by it."""
    rows = session.execute(
        select(Notice.subscriber_id, Notice.article_id, Notice.item_id).where(
            among(session, Notice.subscriber_id, {one for one, _ in pairs}),
            among(session, Notice.article_id, {one for _, one in pairs}),
        )
    )
    had: dict[tuple[int, int], set[int]] = defaultdict(set)
    for subscriber, article, item in rows:
        had[subscriber, article].add(item)
    return had


def shown(session: Session, subscribers: Collection[int], comments: Collection[int]) -> dict[int, set[int]]:
    """Subscriber -> those of these comments that a letter of theirs shows, and has not left out."""
    if not comments:
        return {}
    other = (OtherVersion.delivery_id == Delivery.id) & (OtherVersion.item_id == LetterItem.item_id)
    rows = session.execute(
        select(Delivery.subscriber_id, LetterItem.item_id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .outerjoin(OtherVersion, other)
        .where(
            among(session, Delivery.subscriber_id, subscribers),
            among(session, LetterItem.item_id, comments),
            Delivery.state.in_(OWED_STATES),
            OtherVersion.delivery_id.is_(None) | OtherVersion.version.is_not(None),
        )
    )
    told: dict[int, set[int]] = defaultdict(set)
    for subscriber, item in rows:
        told[subscriber or 0].add(item)
    return told
