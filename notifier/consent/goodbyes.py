"""The link of a goodbye: for a week it brings back, on POST, what had ended, as it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.evidence import note
from notifier.consent.suppression import is_suppressed
from notifier.db import upsert
from notifier.domain.words import ConsentAction, LetterKind
from notifier.models import Delivery, Subscriber, Subscription, Topic

UNDO: Final = "undo"
"""The purpose that its token is bound to; also the first path segment of its page. One id, a delivery.

With more it is none of these: what takes back an act was once signed for this purpose too.
"""
UNDO_LASTS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Return:
    """What such a link would bring back."""

    site_id: int
    subscriber_id: int
    language: str
    ended_at: datetime
    topics: tuple[str, ...]
    is_used: bool
    """Whether the reader is back already, by this link or otherwise."""
    is_expired: bool


def view(session: Session, delivery_id: int, now: datetime) -> Return | None:
    """Look at a link; changes nothing. None for one that is no goodbye's, or whose reader was erased."""
    found = session.execute(
        select(Delivery.created_at, Subscriber)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.id == delivery_id, Delivery.kind == LetterKind.GOODBYE)
    ).one_or_none()
    if found is None:
        return None
    ended_at, reader = found
    labels = session.scalars(
        select(Topic.label)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .where(Subscription.subscriber_id == reader.id, Subscription.ended_at == ended_at)
        .order_by(Subscription.id)
    ).all()
    is_gone = ended_at + UNDO_LASTS <= now or is_suppressed(
        session, reader.site_id, reader.address_hash, reader.address_key
    )
    return Return(
        reader.site_id, reader.id, reader.language, ended_at, tuple(labels), reader.confirmed_at is not None, is_gone
    )


def bring_back(session: Session, link: Return, ip: str, now: datetime) -> None:
    """Begin again what the goodbye had told the end of; doing it twice changes nothing more."""
    reader = session.get(Subscriber, link.subscriber_id, with_for_update=True, populate_existing=True)
    if reader is None or reader.confirmed_at is not None or link.is_expired:
        return
    rows = session.execute(
        select(Subscription.topic_id, Subscription.frequency, Subscription.is_implicit, Topic.name)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(Subscription.subscriber_id == reader.id, Subscription.ended_at == link.ended_at)
        .order_by(Subscription.id)
    ).all()
    begun = [
        {
            "subscriber_id": reader.id, "topic_id": topic, "frequency": often, "is_implicit": is_implicit,
            "created_at": now, "ended_reason": "",
        }
        for topic, often, is_implicit, _ in rows
    ]  # fmt: skip
    if begun:
        session.execute(upsert(session, Subscription).on_conflict_do_nothing(), begun)
    reader.confirmed_at = reader.changed_at = now
    names = ",".join(name for *_, name in rows)
    note(session, reader, ConsentAction.CONFIRMED, names, now, source=UNDO, ip=ip)
