"""The sums of a day: what charts and the calendar show of millions of rows, counted now and then, kept for good."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.orm import Session

from notifier.bulk import DomainOf
from notifier.db import allow_bulk
from notifier.domain.words import LetterKind, State
from notifier.models import DaySum, Delivery, Item, Subscriber, Subscription, Tally, Thread, Topic
from notifier.tally import PLANNED, DayOf, day_of

READERS, JOINED, TOPIC, DOMAIN, COMMENTS, LETTERS = "readers", "joined", "topic", "domain", "comments", "letters"
LOOKS_BACK: Final = timedelta(days=30)
HEAT_OVER: Final = timedelta(days=7)
KEPT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """One sum."""

    day: str
    name: str
    count: int


def count(session: Session, site_id: int, now: datetime) -> None:
    """Count one site anew; what was counted earlier this day is replaced."""
    allow_bulk(session)
    day = day_of(now)
    readers = Subscriber.site_id == site_id, Subscriber.confirmed_at.is_not(None)
    keep(session, site_id, READERS, day, {"": session.scalar(select(func.count()).where(*readers)) or 0})
    for ago in (timedelta(days=1), timedelta()):
        # Yesterday once more, for it was not over when it was counted last.
        one = day_of(now - ago)
        joined = select(func.count()).where(*readers, DayOf(Subscriber.confirmed_at) == one)
        keep(session, site_id, JOINED, one, {"": session.scalar(joined) or 0})
    keep(session, site_id, TOPIC, day, _by_topic(session, site_id))
    keep(session, site_id, DOMAIN, day, _by_domain(session, site_id, now))
    comments, letters = _heat(session, site_id, now)
    keep(session, site_id, COMMENTS, day, comments)
    keep(session, site_id, LETTERS, day, letters)


def keep(session: Session, site_id: int, measure: str, day: str, counts: Mapping[str, int]) -> None:
    """Keep these sums of a day in place of those that are there."""
    ours = DaySum.site_id == site_id, DaySum.measure == measure, DaySum.day == day
    session.execute(delete(DaySum).where(*ours))
    rows = [
        {"site_id": site_id, "measure": measure, "day": day, "name": name, "count": number}
        for name, number in counts.items()
    ]
    if rows:
        session.execute(insert(DaySum), rows)


def history(session: Session, site_id: int, measure: str, since: str) -> dict[str, int]:
    """Day -> a measure that has one number a day, from this day on."""
    ours = DaySum.site_id == site_id, DaySum.measure == measure, DaySum.day >= since
    return dict(session.execute(select(DaySum.day, DaySum.count).where(*ours)).all())


def latest(session: Session, site_id: int, measure: str, most: int) -> list[Kept]:
    """The greatest sums of the last day on which a measure was counted."""
    newest = select(func.max(DaySum.day)).where(DaySum.site_id == site_id, DaySum.measure == measure)
    ours = DaySum.site_id == site_id, DaySum.measure == measure, DaySum.day == newest.scalar_subquery()
    found = select(DaySum.day, DaySum.name, DaySum.count).where(*ours)
    rows = session.execute(found.order_by(DaySum.count.desc(), DaySum.name).limit(most))
    return [Kept(*row) for row in rows]


def letters_by_day(session: Session, site_id: int, since: str) -> dict[str, dict[str, int]]:
    """Day -> `planned` or the state in which letters of that day ended -> how many."""
    rows = session.execute(
        select(Tally.day, Tally.entry, func.sum(Tally.count))
        .where(Tally.site_id == site_id, Tally.day >= since)
        .group_by(Tally.day, Tally.entry)
    )
    found: dict[str, dict[str, int]] = {}
    for day, entry, number in rows:
        found.setdefault(day, {})[entry] = int(number)
    return found


def unsent_since(session: Session, site_id: int, since: str) -> list[tuple[str, str, int]]:
    """(state, reason, how many) of letters planned since this day that did not go out, the most frequent first."""
    rows = session.execute(
        select(Tally.entry, Tally.reason, func.sum(Tally.count))
        .where(Tally.site_id == site_id, Tally.day >= since, Tally.entry.not_in([PLANNED, State.SENT]))
        .group_by(Tally.entry, Tally.reason)
    )
    return sorted(((state, why, int(number)) for state, why, number in rows if number), key=lambda one: -one[2])


def labels(session: Session, topics: Iterable[str]) -> dict[str, str]:
    """What readers see of these topics, by id."""
    rows = session.execute(select(Topic.id, Topic.label).where(Topic.id.in_([int(one) for one in topics])))
    return {str(topic): label for topic, label in rows}


def titles(session: Session, articles: Iterable[str]) -> dict[str, str]:
    """The titles of these articles, by id."""
    rows = session.execute(select(Item.id, Item.title).where(Item.id.in_([int(one) for one in articles])))
    return {str(item): title for item, title in rows}


def _by_topic(session: Session, site_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Subscription.topic_id, func.count())
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(
            Topic.site_id == site_id,
            Topic.name.startswith("category:", autoescape=True),
            Subscription.ended_at.is_(None),
        )
        .group_by(Subscription.topic_id)
        .order_by(func.count().desc())
        .limit(KEPT_MOST)
    )
    return {str(topic): number for topic, number in rows}


def _by_domain(session: Session, site_id: int, now: datetime) -> dict[str, int]:
    domain = DomainOf(Subscriber.address_key)
    rows = session.execute(
        select(domain, func.count())
        .select_from(Delivery)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(
            Delivery.site_id == site_id,
            # Spelt out, for a parameter would hide from the database that an index holds just what did not go out.
            Delivery.state == literal(State.FAILED.value, literal_execute=True),
            Delivery.created_at > now - LOOKS_BACK,
        )
        .group_by(domain)
        .order_by(func.count().desc())
        .limit(KEPT_MOST)
    )
    return dict(rows.all())


def _heat(session: Session, site_id: int, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """(comments, letters) of the threads that had the most comments lately, by article."""
    since, article = now - HEAT_OVER, Item.article_id
    busy = session.execute(
        select(article, func.count())
        .join(Thread, Thread.article_id == article)
        .where(Item.site_id == site_id, Item.announced_at > since)
        .group_by(article)
        .order_by(func.count().desc())
        .limit(KEPT_MOST)
    ).all()
    comments = {str(one): number for one, number in busy}
    sent = session.execute(
        select(article, func.count())
        .select_from(Delivery)
        .join(Item, Item.id == Delivery.about_id)
        .where(
            Delivery.site_id == site_id,
            Delivery.kind == LetterKind.REPLY,
            Delivery.created_at > since,
            article.in_([one for one, _ in busy]),
        )
        .group_by(article)
    )
    return comments, {str(one): number for one, number in sent}
