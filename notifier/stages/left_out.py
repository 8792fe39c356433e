"""Comments that letters left out at the last second: owed again once they are approved, or with the reason why not."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.claimed import Claimed
from notifier.domain.letter import LetterContent
from notifier.domain.owed import Owed
from notifier.domain.words import ItemKind, ItemState, LetterKind, Reason
from notifier.models import Item, Notice, OtherVersion

Key = tuple[int, tuple[int, ...]]
"""A letter and those of its items that are shown."""
Pair = tuple[int, int]
"""A delivery and a comment."""


def vanished(ready: Sequence[Claimed], contents: Mapping[Key, LetterContent]) -> dict[Pair, None]:
    """What was live when these letters were checked, and was not when their contents were read."""
    gone: dict[Key, set[int]] = {}
    for key, content in contents.items():
        missing = {*key[1]}.difference(content.counted, (item.id for item in content.items))
        if missing and content.kind in {LetterKind.REPLY, LetterKind.DIGEST}:
            gone[key] = missing
    pairs = [(one.delivery_id, item) for one in ready if gone for item in gone.get(one.content_key, ())]
    return dict.fromkeys(pairs)


def settle(session: Session, owed: Sequence[Owed], left_out: Mapping[Pair, Reason | None], now: datetime) -> list[int]:
    """Write down what claimed letters leave out: for a reader's own reason, or, by None, for what became of it.

    Left out is left out for good: another letter tells of a comment that is approved, and no later try of this one.
    Gives the deliveries that are named by a comment which they leave out.
    """
    if not left_out:
        return []
    gone = _gone(session, {item for _, item in left_out})
    left = {
        pair: why or (Reason.RETRACTED if gone[pair[1]] else None) for pair, why in left_out.items() if pair[1] in gone
    }
    _note(session, left)
    _tell_notices(session, left, now)
    return [one.id for one in owed if one.kind is LetterKind.REPLY and (one.id, one.about_id) in left]


def _gone(session: Session, items: Collection[int]) -> dict[int, bool]:
    """Of those that are comments: whether it was taken back, or the article that it stands under."""
    article = aliased(Item)
    of_them = select(Item.id, Item.state, article.state).outerjoin(article, article.id == Item.article_id)
    rows = session.execute(of_them.where(among(session, Item.id, items), Item.kind == ItemKind.COMMENT))
    return {item: ItemState.RETRACTED in states for item, *states in rows}


def _note(session: Session, left: Collection[Pair]) -> None:
    """Also where an earlier try may have arrived, and showed it: told twice is better than never."""
    rows = [{"delivery_id": delivery, "item_id": item} for delivery, item in left]
    if rows:
        new = upsert(session, OtherVersion).on_conflict_do_update(
            index_elements=["delivery_id", "item_id"], set_={"version": None}
        )
        session.execute(new, rows)


def _tell_notices(session: Session, left: Mapping[Pair, Reason | None], now: datetime) -> None:
    rows = session.execute(
        select(Notice.id, Notice.delivery_id, Notice.item_id).where(
            among(session, Notice.delivery_id, {delivery for delivery, _ in left})
        )
    )
    by_reason: dict[Reason | None, list[int]] = defaultdict(list)
    for notice, delivery, item in rows:
        pair = delivery or 0, item
        if pair in left:
            by_reason[left[pair]].append(notice)
    for why, notices in by_reason.items():
        told = update(Notice).where(among(session, Notice.id, notices))
        told = told.values(dropped_at=now, dropped_reason=why) if why else told.values(delivery_id=None)
        session.execute(told.execution_options(synchronize_session=False))
