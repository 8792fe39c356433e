"""The preference page: what a reader has, and one change to it."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.evidence import note
from notifier.consent.signup import NAME_MAX, Invalid
from notifier.consent.subscriptions import end_topics, set_frequency, subscribe
from notifier.domain.schedule import Hours, is_zone, last_slot
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import Subscriber, Subscription, Topic

HOURS_OF_DAY = 24
DAYS_OF_WEEK = 7
OF_COMMENTS = ("thread:", "replies:", "passage:", "mine:", "mentions:")


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic a reader has (with its frequency) or could have (frequency None)."""

    topic: str
    label: str
    frequency: Frequency | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the page shows; the address only masked, for the link may have been forwarded."""

    site_id: int
    subscriber_id: int
    masked_address: str
    name: str
    language: str
    time_zone: str
    digest_hour: int
    digest_weekday: int
    is_confirmed: bool
    categories: tuple[Choice, ...]
    threads: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """What a reader sent; None leaves a thing as it is. A topic with frequency "" is ended."""

    frequencies: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    digest_hour: int | None = None
    digest_weekday: int | None = None


def preferences(session: Session, subscriber_id: int) -> Preferences | None:
    """The page's content; None if the reader was erased."""
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        return None
    has = dict(
        session.execute(
            select(Subscription.topic_id, Subscription.frequency).where(
                Subscription.subscriber_id == subscriber_id, Subscription.ended_at.is_(None)
            )
        ).all()
    )
    offered = session.scalars(
        select(Topic)
        .where(
            Topic.site_id == subscriber.site_id, Topic.name.startswith("category:", autoescape=True) | Topic.id.in_(has)
        )
        .order_by(Topic.id)
    ).all()
    choices = [(t, Choice(t.name, _label(t), has.get(t.id))) for t in offered]
    return Preferences(
        site_id=subscriber.site_id,
        subscriber_id=subscriber.id,
        masked_address=mask(subscriber.address),
        name=subscriber.name,
        language=subscriber.language,
        time_zone=subscriber.time_zone,
        digest_hour=subscriber.digest_hour,
        digest_weekday=subscriber.digest_weekday,
        is_confirmed=subscriber.confirmed_at is not None,
        categories=tuple(c for t, c in choices if not t.name.startswith(OF_COMMENTS)),
        threads=tuple(c for t, c in choices if t.name.startswith(OF_COMMENTS)),
    )


def change(session: Session, subscriber_id: int, wanted: PreferenceChange, now: datetime, ip: str = "") -> None:
    """Apply a change whole or not at all.

    Raises `Invalid` for a value that cannot be right.
    """
    subscriber = session.get_one(Subscriber, subscriber_id, with_for_update=True)
    _change_schedule(subscriber, wanted, now)
    if wanted.name is not None:
        subscriber.name = " ".join(wanted.name.split())[:NAME_MAX]
    if wanted.language is not None:
        subscriber.language = wanted.language
    for topic, raw in wanted.frequencies.items():
        if raw == "":
            end_topics(session, subscriber, [topic], "preferences", now)
            continue
        frequency = _frequency(raw)
        if subscriber.confirmed_at is None:
            raise Invalid("topics", "not_confirmed")
        set_frequency(session, subscriber, topic, frequency, now)
        subscribe(session, subscriber, [topic], frequency, now)
    note(
        session,
        subscriber,
        ConsentAction.CHANGED,
        "preferences",
        now,
        source="preferences",
        ip=ip,
        detail={"frequencies": wanted.frequencies},
    )


def mask(address: str) -> str:
    """`layla@example.org` as `l•••@e•••.org`."""
    local, _, domain = address.rpartition("@")
    name, _, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{top}"


def _label(topic: Topic) -> str:
    """Empty for a discussion whose article has not come in: its guid would tell readers nothing."""
    return topic.label or ("" if topic.name.startswith(OF_COMMENTS) else topic.name)


def _change_schedule(subscriber: Subscriber, wanted: PreferenceChange, now: datetime) -> None:
    before = Hours(subscriber.time_zone, subscriber.digest_hour, subscriber.digest_weekday)
    after = Hours(
        before.time_zone if wanted.time_zone is None else wanted.time_zone,
        before.hour if wanted.digest_hour is None else wanted.digest_hour,
        before.weekday if wanted.digest_weekday is None else wanted.digest_weekday,
    )
    if after == before:
        return
    if not is_zone(after.time_zone):
        raise Invalid("time_zone", "invalid_time_zone")
    if not (0 <= after.hour < HOURS_OF_DAY and 0 <= after.weekday < DAYS_OF_WEEK):
        raise Invalid("digest_hour", "invalid_hour")
    # The digests under the old hours came this far; the first under the new ones goes on from there.
    subscriber.daily_covered_until = last_slot(Frequency.DAILY, before, now)
    subscriber.weekly_covered_until = last_slot(Frequency.WEEKLY, before, now)
    subscriber.schedule_changed_at = now
    subscriber.time_zone, subscriber.digest_hour, subscriber.digest_weekday = after.time_zone, after.hour, after.weekday


def _frequency(raw: str) -> Frequency:
    try:
        return Frequency(raw)
    except ValueError as error:
        raise Invalid("frequency", "invalid_frequency") from error
