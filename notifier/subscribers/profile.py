"""All that is kept about one reader, as the desk shows it; and the words that lists of readers are filtered by."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent import mutes, suppression
from notifier.consent.mutes import Muted
from notifier.domain.returns.standing import Standing as Held
from notifier.feedback import standings
from notifier.models import (
    ConsentEvent,
    Subscriber,
    SubscriberNote,
    SubscriberTag,
    Subscription,
    Suppression,
    Tag,
    Topic,
)

SHOWN_MAX = 100
TOPICS_MAX = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """One reader."""

    reader: Subscriber
    suppression: Suppression | None
    """Of the address, or else of its domain, which is named in it then."""
    subscriptions: Sequence[tuple[Subscription, str]]
    """With the topic's label; the active ones first."""
    events: Sequence[ConsentEvent]
    mutes: Sequence[Muted]
    tags: Sequence[str]
    notes: Sequence[SubscriberNote]
    held: Held
    """What is held against the address."""


def profile(session: Session, site_id: int, reader_id: int) -> Profile | None:
    """A reader of this site; None for nobody."""
    reader = session.get(Subscriber, reader_id)
    if reader is None or reader.site_id != site_id:
        return None
    wanted = (
        select(Subscription, Topic.label)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(Subscription.subscriber_id == reader.id)
        .order_by(Subscription.ended_at.is_not(None), Subscription.id.desc())
    )
    events = select(ConsentEvent).where(ConsentEvent.subscriber_id == reader.id).order_by(ConsentEvent.id.desc())
    bears = select(Tag.name).join(SubscriberTag).where(SubscriberTag.subscriber_id == reader.id).order_by(Tag.name)
    notes = select(SubscriberNote).where(SubscriberNote.subscriber_id == reader.id).order_by(SubscriberNote.id.desc())
    return Profile(
        reader,
        suppression.barring(session, site_id, reader.address_hash, reader.address_key),
        [(one, label) for one, label in session.execute(wanted.limit(SHOWN_MAX))],
        session.scalars(events.limit(SHOWN_MAX)).all(),
        mutes.muted(session, reader.id),
        session.scalars(bears).all(),
        session.scalars(notes.limit(SHOWN_MAX)).all(),
        standings.find(session, (site_id, reader.address_hash)),
    )


def topics_of(session: Session, site_id: int) -> list[tuple[int, str, str]]:
    """(id, name, label) of the topics that a list can be filtered by: the whole site and its categories."""
    rows = session.execute(
        select(Topic.id, Topic.name, Topic.label)
        .where(Topic.site_id == site_id, (Topic.name == "site") | Topic.name.startswith("category:"))
        .order_by(Topic.label)
        .limit(TOPICS_MAX)
    )
    return [(number, name, label or name) for number, name, label in rows]


def tags(session: Session, site_id: int) -> list[tuple[int, str]]:
    """(id, name) of a site's tags."""
    return [
        (number, name)
        for number, name in session.execute(select(Tag.id, Tag.name).where(Tag.site_id == site_id).order_by(Tag.name))
    ]
