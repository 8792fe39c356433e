"""What waits for one person in one thread, and how their letters about it went so far."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.timing import Past, Waiting
from notifier.domain.words import Frequency, NoticeReason
from notifier.models import Bookmark, Notice, Subscriber, Subscription, Thread
from notifier.stages.plan.alerted import alerts_of_the_day, local_day
from notifier.stages.plan.mutes import Mutes
from notifier.stages.plan.notices import is_gone, is_owed
from notifier.stages.plan.threads import (
    NOTHING,
    Follower,
    News,
    Pair,
    Unseen,
    ends,
    follower_rows,
    followers,
    frequency_at,
)  # fmt: skip

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Owed:
    """A notice that waits."""

    id: int
    item_id: int
    created_at: datetime
    due_at: datetime
    reason: NoticeReason
    is_gone: bool
    """Whether its comment was taken back, or the article above it."""


class Mark(NamedTuple):
    """What a bookmark says; as a row of the model it would take five times as long to read."""

    subscriber_id: int
    article_id: int
    seen: int
    letters: list[int]
    unanswered: int
    alive_at: datetime | None
    daily_until: datetime | None


_MARK = tuple(getattr(Bookmark, column) for column in Mark._fields)


@dataclass(slots=True)
class Conversation:
    """One person, one thread."""

    bookmark: Mark
    language: str
    time_zone: str
    letters_day: str
    letters_that_day: int
    quiet_from_h: int | None
    quiet_until_h: int | None
    notices: list[Owed] = field(default_factory=list)
    muted: list[Owed] = field(default_factory=list)
    gone: list[Owed] = field(default_factory=list)
    news: News = NOTHING
    last: int = 0
    """Where the bookmark goes once these comments are told."""
    since: datetime | None = None
    is_implicit: bool = False
    alerts: int = 0
    """To this person on their present day."""

    @property
    def pair(self) -> Pair:
        """Whose it is, and about which article."""
        return self.bookmark.subscriber_id, self.bookmark.article_id

    def item_ids(self) -> tuple[int, ...]:
        """What a letter shows, the oldest comment first."""
        if not self.notices:
            return self.news.ids
        return tuple(sorted({*self.news.ids, *(one.item_id for one in self.notices)}))

    def in_order(self, room: int) -> tuple[int, ...]:
        """The same, and where there is no room for all of them what concerns this person by name first."""
        items = self.item_ids()
        if len(items) <= room:
            return items
        first = tuple(sorted({one.item_id for one in self.notices if one.reason.is_personal}))
        return (*first, *(item for item in items if item not in set(first)))

    def waiting(self, hold: timedelta) -> Waiting:
        """The same as the pace sees it."""
        began = [one.created_at for one in self.notices]
        until = [one.due_at for one in self.notices]
        if self.news.oldest_at is not None:
            began, until = [*began, self.news.oldest_at], [*until, self.news.oldest_at + hold]
        return Waiting(len(self.notices) + len(self.news.ids), min(began), min(until))

    def past(self, now: datetime) -> Past:
        """Its letters so far."""
        mark = self.bookmark
        return Past(
            letters=tuple(datetime.fromtimestamp(second, UTC) for second in mark.letters),
            unanswered=mark.unanswered,
            that_day=self.alerts + (self.letters_that_day if self.letters_day == local_day(self.time_zone, now) else 0),
            alive_at=max(filter(None, (mark.alive_at, self.since)), default=None),
            is_implicit=self.is_implicit,
            is_daily=mark.daily_until is not None and mark.daily_until > now,
        )


def ready(session: Session, site_id: int, opened: Collection[int], hold: timedelta, now: datetime) -> list[Pair]:
    """Whom a letter may be due for; at most some thousands."""
    last = ends(opened, now - hold).subquery()
    follow = follower_rows().join(last, last.c.article_id == Bookmark.article_id)
    behind = follow.where(
        Subscriber.site_id == site_id,
        Bookmark.look_at <= now,
        Bookmark.seen < last.c.last,
        frequency_at(now) == Frequency.INSTANT.value,
    )
    theirs = (
        select(Notice.subscriber_id, Notice.article_id)
        .join(Subscriber, Subscriber.id == Notice.subscriber_id)
        .outerjoin(
            Bookmark,
            (Bookmark.subscriber_id == Notice.subscriber_id) & (Bookmark.article_id == Notice.article_id),
        )
        .where(
            Subscriber.site_id == site_id,
            *is_waiting(),
            Notice.due_at <= now,
            func.coalesce(Bookmark.look_at, now) <= now,
        )
        .distinct()
    )
    pairs = [(row[0], row[1]) for row in session.execute(behind.limit(AT_ONCE))] if opened else []
    pairs += [(row[0], row[1]) for row in session.execute(theirs.limit(AT_ONCE))]
    return list(dict.fromkeys(pairs))[:AT_ONCE]


def conversations(session: Session, pairs: Collection[Pair], hold: timedelta, now: datetime) -> list[Conversation]:
    """What waits for them."""
    found = _with_bookmarks(session, pairs, now)
    mutes = Mutes(session, {subscriber for subscriber, _ in pairs}, now)
    for pair, owed in _notices(session, pairs, now):
        one = found[pair]
        if owed.is_gone:
            one.gone.append(owed)
        else:
            (one.muted if mutes.cover(pair, owed.reason) else one.notices).append(owed)
    alerted = alerts_of_the_day(session, {pair[0]: one.time_zone for pair, one in found.items()}, now)
    for (reader, _), one in found.items():
        one.alerts = alerted[reader]
    follow = _followers(session, found)
    unseen = Unseen(session, follow, now - hold)
    for follower in follow:
        one = found[follower.pair]
        one.last = unseen.last(follower.pair[1], follower.seen)
        one.news = NOTHING if mutes.cover(follower.pair, NoticeReason.THREAD) else unseen.of(follower)
    return list(found.values())


def is_waiting() -> tuple[ColumnElement[bool], ...]:
    """Notices that wait for a letter of their own."""
    return *is_owed(), Notice.frequency == Frequency.INSTANT


def _with_bookmarks(session: Session, pairs: Collection[Pair], now: datetime) -> dict[Pair, Conversation]:
    found = _marked(session, pairs)
    if missing := set(pairs) - found.keys():
        # Somebody who has answers only: the thread itself is not followed, and has no end to be behind of.
        rows = [
            {"subscriber_id": s, "article_id": a, "seen": 0, "look_at": now, "letters": [], "unanswered": 0}
            for s, a in sorted(missing)
        ]
        session.execute(upsert(session, Bookmark).on_conflict_do_nothing(), rows)
        found = _marked(session, pairs)
    return found


def _marked(session: Session, pairs: Collection[Pair]) -> dict[Pair, Conversation]:
    columns = (
        Subscriber.language, Subscriber.time_zone, Subscriber.letters_day, Subscriber.letters_that_day,
        Subscriber.quiet_from_h, Subscriber.quiet_until_h,
    )  # fmt: skip
    rows = session.execute(
        select(*_MARK, *columns)
        .join(Subscriber, Subscriber.id == Bookmark.subscriber_id)
        .where(
            among(session, Bookmark.subscriber_id, {one for one, _ in pairs}),
            among(session, Bookmark.article_id, {one for _, one in pairs}),
        )
    )
    wanted = set(pairs)
    width = len(_MARK)
    made = (Conversation(Mark(*row[:width]), *row[width:]) for row in rows)
    return {one.pair: one for one in made if one.pair in wanted}


def _notices(session: Session, pairs: Collection[Pair], now: datetime) -> list[tuple[Pair, Owed]]:
    rows = session.execute(
        select(
            Notice.subscriber_id, Notice.article_id, Notice.id, Notice.item_id, Notice.created_at, Notice.due_at,
            Notice.reason, is_gone(),
        )
        .where(
            among(session, Notice.subscriber_id, {one for one, _ in pairs}),
            among(session, Notice.article_id, {one for _, one in pairs}),
            *is_waiting(),
            Notice.due_at <= now,
        )
        .order_by(Notice.id)
    )  # fmt: skip
    wanted = set(pairs)
    return [((row[0], row[1]), Owed(*row[2:])) for row in rows if (row[0], row[1]) in wanted]


def _followers(session: Session, found: dict[Pair, Conversation]) -> list[Follower]:
    """Those who follow the thread at once; what comes daily is told by the digest."""
    at_once = follower_rows().where(
        among(session, Bookmark.subscriber_id, {one for one, _ in found}),
        among(session, Thread.article_id, {one for _, one in found}),
        Subscription.frequency == Frequency.INSTANT,
    )
    follow = [one for one in followers(session, at_once) if one.pair in found]
    for one in follow:
        found[one.pair].since, found[one.pair].is_implicit = one.since, one.is_implicit
    return follow
