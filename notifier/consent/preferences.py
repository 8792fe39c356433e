"""The preference page: what a reader has, by kind."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.naming import label_of, stories
from notifier.domain import topics
from notifier.domain.schedule import Hours
from notifier.domain.text.spoken import Spoken
from notifier.domain.traces import Tracking
from notifier.domain.words import Frequency
from notifier.models import FOR_GOOD, MAY_TURN, Bookmark, Mute, Site, Subscriber, Subscription, Thread, Topic

GROUPS: Final = {
    "topics": ("category", "tag", "site"),
    "people": ("author",),
    "threads": ("thread", "passage"),
    "answers": ("replies", "mine", "mentions"),
}
"""The parts of the page, and the kinds of topic in each."""
_OFFERED: Final = "category:"


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic a reader has (with its frequency) or could have (frequency None)."""

    topic: str
    label: str
    frequency: Frequency | None
    article_id: int | None = None
    """Of a discussion that can be muted."""
    is_muted: bool = False

    @property
    def kind(self) -> str:
        """The word before the colon."""
        return self.topic.partition(":")[0]

    @property
    def is_tick(self) -> bool:
        """Whether it is one box to tick until they have it: what is about the reader, in no section and no article."""
        return self.frequency is None and self.topic in topics.PERSONAL

    @property
    def word(self) -> str:
        """What the page calls it by, beside its label."""
        return topics.word_of(self.topic)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the page shows; never the address, for the link may have been forwarded."""

    site_id: int
    subscriber_id: int
    spoken: Spoken
    hours: Hours
    quiet: tuple[int, int] | None
    """From and until which hour; None for the site's."""
    paused_until: datetime | None
    is_confirmed: bool
    groups: dict[str, tuple[Choice, ...]]
    may_track: bool | None = None
    """Whether their own opens and clicks are kept; None where the site does not ask."""

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All of them."""
        return tuple(one for group in self.groups.values() for one in group)


def preferences(session: Session, subscriber_id: int) -> Preferences | None:
    """The page's content; None if the reader was erased."""
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        return None
    quiet = subscriber.quiet_from_h, subscriber.quiet_until_h
    choices = _choices(session, subscriber)
    return Preferences(
        site_id=subscriber.site_id,
        subscriber_id=subscriber.id,
        spoken=Spoken.read(subscriber.language),
        hours=hours_of(subscriber),
        quiet=None if quiet[0] is None or quiet[1] is None else (quiet[0], quiet[1]),
        paused_until=subscriber.paused_until,
        is_confirmed=subscriber.confirmed_at is not None,
        may_track=subscriber.may_track if _asks(session, subscriber) else None,
        groups={name: tuple(one for one in choices if one.kind in kinds) for name, kinds in GROUPS.items()},
    )


def hours_of(subscriber: Subscriber) -> Hours:
    """When a reader's digests come."""
    return Hours(subscriber.time_zone, subscriber.digest_hour, subscriber.digest_weekday, subscriber.digest_days)


def mask(address: str) -> str:
    """`layla@example.org` as `l•••@e•••.org`: for an operator's screen."""
    local, _, domain = address.rpartition("@")
    name, _, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{top}"


def muting(article_id: int) -> str:
    """What a mute of one discussion is called."""
    return f"thread:{article_id}"


def _asks(session: Session, subscriber: Subscriber) -> bool:
    return session.get_one(Site, subscriber.site_id).tracking is Tracking.READERS


def _choices(session: Session, subscriber: Subscriber) -> list[Choice]:
    active = (Subscription.subscriber_id == subscriber.id, Subscription.ended_at.is_(None))
    has = dict(session.execute(select(Subscription.topic_id, Subscription.frequency).where(*active)).all())
    turned = _turned_daily(session, subscriber)
    has |= {one: Frequency.DAILY for one, frequency in has.items() if one in turned and frequency in MAY_TURN}
    is_offered = Topic.name.startswith(_OFFERED, autoescape=True) | Topic.id.in_(has)
    offered = session.scalars(
        select(Topic).where(Topic.site_id == subscriber.site_id, is_offered).order_by(Topic.id)
    ).all()
    known = stories(session, subscriber.site_id, (topic.name for topic in offered))
    mutes = set(session.scalars(select(Mute.what).where(Mute.subscriber_id == subscriber.id)))

    def choice(topic: Topic) -> Choice:
        article = known[topic.name].id if topic.name in known and topic.name.startswith("thread:") else None
        is_muted = article is not None and muting(article) in mutes
        label = label_of(topic.name, topic.label, known)
        return Choice(topic.name, label, has.get(topic.id), article, is_muted)

    return [*_always(subscriber, {topic.name for topic in offered}), *map(choice, offered)]


def _turned_daily(session: Session, subscriber: Subscriber) -> set[int]:
    """The topics of threads that sent too many letters, and come daily until the reader says otherwise here."""
    turned = (Bookmark.subscriber_id == subscriber.id, Bookmark.daily_until == FOR_GOOD)
    rows = select(Thread.topic_id).join(Bookmark, Bookmark.article_id == Thread.article_id)
    return set(session.scalars(rows.where(*turned)))


def _always(subscriber: Subscriber, has: Collection[str]) -> Iterator[Choice]:
    """What means the reader alone is offered to everybody, before any comment carries it."""
    yield from (
        Choice(name, "", None) for name in topics.PERSONAL if topics.bound(name, subscriber.address_hash) not in has
    )
