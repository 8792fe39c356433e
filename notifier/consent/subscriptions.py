"""Begin, change and end subscriptions; each change re-opens the check of letters already planned."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain import topics
from notifier.domain.words import Frequency
from notifier.models import Site, Subscriber, Subscription, Topic


def subscribe(
    session: Session,
    subscriber: Subscriber,
    names: Sequence[str],
    frequency: Frequency,
    now: datetime,
    *,
    is_implicit: bool = False,
) -> None:
    """Begin what is not there yet; a subscription that is active keeps its frequency.

    `is_implicit`: the reader found the box ticked.
    """
    ids = _made_ids(session, subscriber, names)
    if not ids:
        return
    rows = [
        {
            "subscriber_id": subscriber.id,
            "topic_id": topic,
            "frequency": frequency,
            "is_implicit": is_implicit,
            "created_at": now,
            "ended_reason": "",
        }
        for topic in ids
    ]
    session.execute(upsert(session, Subscription).on_conflict_do_nothing(), rows)
    subscriber.changed_at = now


def set_frequency(session: Session, subscriber: Subscriber, topic: str, frequency: Frequency, now: datetime) -> None:
    """Give an active subscription another frequency."""
    session.execute(
        update(Subscription)
        .where(
            *_active(subscriber),
            Subscription.topic_id.in_(_ids(subscriber, [topic])),
            Subscription.frequency != frequency,
        )
        .values(frequency=frequency, frequency_changed_at=now)
    )
    subscriber.changed_at = now


def end(session: Session, subscriber: Subscriber, which: ColumnElement[bool], reason: str, now: datetime) -> list[str]:
    """End the active subscriptions that `which` selects; gives the names of their topics."""
    ended = session.scalars(
        update(Subscription)
        .where(*_active(subscriber), which)
        .values(ended_at=now, ended_reason=reason)
        .returning(Subscription.topic_id)
    ).all()
    subscriber.changed_at = now
    return list(session.scalars(select(Topic.name).where(Topic.id.in_(ended))))


def end_topics(session: Session, subscriber: Subscriber, names: Iterable[str], reason: str, now: datetime) -> list[str]:
    """End the active subscriptions to these topics."""
    return end(session, subscriber, Subscription.topic_id.in_(_ids(subscriber, list(names))), reason, now)


def _active(subscriber: Subscriber) -> tuple[ColumnElement[bool], ...]:
    return Subscription.subscriber_id == subscriber.id, Subscription.ended_at.is_(None)


def _ids(subscriber: Subscriber, names: Iterable[str]) -> Select[int]:
    theirs = [topics.bound(name, subscriber.address_hash) for name in names]
    return select(Topic.id).where(Topic.site_id == subscriber.site_id, Topic.name.in_(theirs))


def _made_ids(session: Session, subscriber: Subscriber, names: Sequence[str]) -> Sequence[int]:
    """The topics of these names; one that means this reader alone is made where it is new."""
    site = session.scalars(select(Site.name).where(Site.id == subscriber.site_id)).one()
    for name in names:
        if (theirs := topics.bound(name, subscriber.address_hash)) == name and not name.startswith(topics.PERSONAL):
            continue
        article = select(Topic.label).where(
            Topic.site_id == subscriber.site_id, Topic.name == topics.thread(theirs.partition("/")[2])
        )
        row = {"site_id": subscriber.site_id, "name": theirs, "label": session.scalar(article) or site}
        session.execute(upsert(session, Topic).values(**row).on_conflict_do_nothing())
    return session.scalars(_ids(subscriber, names)).all()
