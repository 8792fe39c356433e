"""Comments that followers of a thread have not been told of: what stands past each one's bookmark."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, literal, literal_column, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.words import Frequency, ItemState
from notifier.models import (
    MAY_TURN,
    Bookmark,
    ConsentEvent,
    Item,
    Subscriber,
    Subscription,
    Thread,
    follows_since,
    former_addresses,
)
from notifier.stages.plan.already import noticed, shown

Pair = tuple[int, int]
"""A subscriber and the article whose thread it is about."""
IS_OPEN: Final[ColumnElement[bool]] = literal_column("threads.is_open")
"""Spelt as the index of the open ones is, or SQLite does not know it again."""


class Comment(NamedTuple):
    """One comment of a thread, as far as it matters here."""

    nth: int
    id: int
    at: datetime
    writer: str
    version: int


@dataclass(frozen=True, slots=True)
class News:
    """Comments that somebody was not told of; one value for all to whom the same are news."""

    comments: tuple[Comment, ...] = ()
    ids: tuple[int, ...] = ()
    writers: frozenset[str] = frozenset()
    oldest_at: datetime | None = None

    @classmethod
    def of(cls, comments: Iterable[Comment]) -> "News":
        """These."""
        some = tuple(comments)
        ids = tuple(sorted(one.id for one in some))
        return cls(some, ids, frozenset(one.writer for one in some), min((one.at for one in some), default=None))


NOTHING = News()


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows a thread, and how far they have come."""

    pair: Pair
    seen: int
    since: datetime
    hashes: frozenset[str]
    """Of the address they have, and of those they had."""
    is_implicit: bool


class Unseen:
    """The live comments of some threads that were news by a moment, read once for all who follow them."""

    def __init__(self, session: Session, followers: Collection[Follower], until: datetime) -> None:
        self._had = noticed(session, [one.pair for one in followers])
        self._comments: dict[int, list[Comment]] = {}
        self._ends: dict[int, int] = {}
        lowest: dict[int, int] = {}
        for one in followers:
            lowest[one.pair[1]] = min(one.seen, lowest.get(one.pair[1], one.seen))
        for article, seen in lowest.items():
            self._comments[article], self._ends[article] = _comments(session, article, seen, until)
        # Those that were changed or approved once more may have been told of before.
        again = {one.id for found in self._comments.values() for one in found if one.version > 1}
        self._told = shown(session, {one.pair[0] for one in followers}, again)
        self._shared: dict[tuple[int, int], News] = {}

    def of(self, one: Follower) -> News:
        """What this person has not been told of: nothing of their own, nothing that a notice or a letter told."""
        subscriber, article = one.pair
        key = article, one.seen
        if key not in self._shared:
            found = self._comments[article]
            self._shared[key] = News.of(found[bisect_right(found, one.seen, key=lambda comment: comment.nth) :])
        shared = self._shared[key]
        had = self._had.get(one.pair, set()) | self._told.get(subscriber, set())
        if (
            (shared.oldest_at is None or shared.oldest_at >= one.since)
            and one.hashes.isdisjoint(shared.writers)
            and had.isdisjoint(shared.ids)
        ):
            return shared
        return News.of(
            comment
            for comment in shared.comments
            if comment.at >= one.since and comment.writer not in one.hashes and comment.id not in had
        )

    def last(self, article: int, seen: int) -> int:
        """How far a follower has come who was told of all of them: past those that are not to be seen as well."""
        return max(seen, self._ends[article])


def make_bookmarks(session: Session, site_id: int) -> None:
    """Give everyone who follows an open thread a bookmark: only comments after their subscription are theirs."""
    missing = (
        select(
            Subscription.subscriber_id,
            Thread.article_id,
            literal(0),
            Subscription.created_at,
            literal([], Bookmark.letters.type),
            literal(0),
        )
        .join(Thread, Thread.topic_id == Subscription.topic_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            IS_OPEN,
            Subscriber.site_id == site_id,
            Subscription.ended_at.is_(None),
            ~exists().where(
                Bookmark.subscriber_id == Subscription.subscriber_id, Bookmark.article_id == Thread.article_id
            ),
        )
    )
    columns = ["subscriber_id", "article_id", "seen", "look_at", "letters", "unanswered"]
    session.execute(upsert(session, Bookmark).from_select(columns, missing).on_conflict_do_nothing())


def name_threads(session: Session, articles: Collection[int]) -> None:
    """Fix the subject of these articles' letters, where there was no letter before: mail clients group by it."""
    title = select(Item.title).where(Item.id == Thread.article_id).scalar_subquery()
    named = update(Thread).where(among(session, Thread.article_id, articles), Thread.subject == "")
    session.execute(named.values(subject=title).execution_options(synchronize_session=False))


def close(session: Session, opened: Mapping[int, int]) -> None:
    """Close the threads (article -> number of the last comment) whose followers have all come to their end."""
    behind = exists().where(
        Bookmark.article_id == Thread.article_id,
        Bookmark.seen < Thread.count,
        Subscription.subscriber_id == Bookmark.subscriber_id,
        Subscription.topic_id == Thread.topic_id,
        Subscription.ended_at.is_(None),
    )
    for article, count in opened.items():
        # A comment that came meanwhile has another number.
        ended = update(Thread).where(Thread.article_id == article, Thread.count == count, ~behind)
        session.execute(ended.values(is_open=False).execution_options(synchronize_session=False))


def opened(session: Session, site_id: int) -> dict[int, int]:
    """Article -> number of the last comment, of the site's open threads; those of articles that are not shown wait."""
    rows = select(Thread.article_id, Thread.count).join(Item, Item.id == Thread.article_id)
    of_site = rows.where(IS_OPEN, Item.site_id == site_id, Item.state == ItemState.LIVE)
    return dict(session.execute(of_site).all())


def ends(open_threads: Iterable[int], until: datetime) -> Select[int | None, int | None]:
    """(article, last number) of the comments that were news by a moment."""
    of_these = (Item.article_id.in_(list(open_threads)), Item.announced_at <= until, Item.nth.is_not(None))
    return select(Item.article_id, func.max(Item.nth).label("last")).where(*of_these).group_by(Item.article_id)


def frequency_at(moment: datetime) -> ColumnElement[str]:
    """How often a follower's comments come: daily for a while where the thread was too much of a good thing."""
    is_daily = (Bookmark.daily_until >= moment) & (Subscription.frequency.in_(MAY_TURN))
    return case((is_daily, Frequency.DAILY.value), else_=Subscription.frequency)


def followers(session: Session, which: Select[int, int, int, datetime, str, bool]) -> list[Follower]:
    """Rows of (subscriber, article, seen, since, address hash, is implicit) as values."""
    rows = session.execute(which).all()
    hashes = _hashes(session, {row[0]: row[4] for row in rows})
    return [Follower((row[0], row[1]), row[2], row[3], hashes[row[0]], row[5]) for row in rows]


def _hashes(session: Session, readers: Mapping[int, str]) -> dict[int, frozenset[str]]:
    """Reader -> whose comments are their own: what they wrote before they had another address is no news to them."""
    former = former_addresses().where(among(session, ConsentEvent.subscriber_id, readers))
    found: dict[int, set[str]] = {reader: {hashed} for reader, hashed in readers.items()}
    for reader, hashed in session.execute(former):
        found[reader or 0].add(hashed)
    return {reader: frozenset(hashes) for reader, hashes in found.items()}


def follower_rows() -> Select[int, int, int, datetime, str, bool]:
    """What `followers` reads, of everyone with a bookmark who follows the thread it is in, if its article is shown."""
    return (
        select(
            Bookmark.subscriber_id,
            Bookmark.article_id,
            Bookmark.seen,
            follows_since(),
            Subscriber.address_hash,
            Subscription.is_implicit,
        )
        .join(Thread, Thread.article_id == Bookmark.article_id)
        .join(Item, (Item.id == Thread.article_id) & (Item.state == ItemState.LIVE))
        .join(
            Subscription,
            (Subscription.topic_id == Thread.topic_id) & (Subscription.subscriber_id == Bookmark.subscriber_id),
        )
        .join(Subscriber, Subscriber.id == Bookmark.subscriber_id)
        .where(Subscription.ended_at.is_(None), Subscriber.confirmed_at.is_not(None))
    )


def _comments(session: Session, article: int, seen: int, until: datetime) -> tuple[list[Comment], int]:
    """The live ones past `seen`, and the number of the last, live or not: an approval gives a new number."""
    rows: Iterable[Row[ItemState, int, int, datetime | None, str, int]] = session.execute(
        select(Item.state, Item.nth, Item.id, Item.announced_at, Item.author_hash, Item.version)
        .where(Item.article_id == article, Item.nth > seen)
        .order_by(Item.nth)
    )
    found: list[Comment] = []
    for state, nth, item, at, writer, version in rows:
        # Past the first that is still on hold nobody goes: a bookmark has one place.
        if at is None or at > until:
            break
        seen = nth
        if state is ItemState.LIVE:
            found.append(Comment(nth, item, at, writer, version))
    return found, seen
