"""The preference page: what a reader has, by kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain.schedule import Hours
from notifier.domain.text.spoken import Spoken
from notifier.domain.traces import Tracking
from notifier.domain.words import Frequency
from notifier.models import Item, Mute, Site, Subscriber, Subscription, Topic

OF_COMMENTS: Final = ("thread:", "replies:", "passage:", "mine:", "mentions:")
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
    is_offered = Topic.name.startswith(_OFFERED, autoescape=True) | Topic.id.in_(has)
    offered = session.scalars(
        select(Topic).where(Topic.site_id == subscriber.site_id, is_offered).order_by(Topic.id)
    ).all()
    articles = _articles(session, subscriber.site_id, (topic.name for topic in offered))
    mutes = set(session.scalars(select(Mute.what).where(Mute.subscriber_id == subscriber.id)))

    def choice(topic: Topic) -> Choice:
        article = articles.get(topic.name)
        is_muted = article is not None and muting(article) in mutes
        return Choice(topic.name, _label(topic), has.get(topic.id), article, is_muted)

    return [choice(topic) for topic in offered]


def _articles(session: Session, site_id: int, names: Iterable[str]) -> dict[str, int]:
    """Topic -> article, of the discussions whose article has come in."""
    guids = {name.partition(":")[2]: name for name in names if name.startswith("thread:")}
    if not guids:
        return {}
    rows = session.execute(select(Item.guid, Item.id).where(Item.site_id == site_id, Item.guid.in_(guids)))
    return {guids[guid]: item for guid, item in rows}


def _label(topic: Topic) -> str:
    """Empty for what has no name for readers: a discussion's guid would tell them nothing."""
    if topic.label:
        return topic.label
    return "" if topic.name.startswith(OF_COMMENTS) else topic.name.partition(":")[2]
