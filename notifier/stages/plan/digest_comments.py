"""Comments that come with a digest: answers that wait for it, and the threads that are followed at its frequency."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.words import NoticeReason, Reason
from notifier.models import Bookmark, Notice, Run, Thread
from notifier.stages.plan.mutes import Mutes
from notifier.stages.plan.notices import drop, is_gone, is_owed
from notifier.stages.plan.threads import (
    IS_OPEN,
    Follower,
    Pair,
    Unseen,
    follower_rows,
    followers,
    frequency_at,
)


def waits_for(run: Run) -> tuple[ColumnElement[bool], ...]:
    """The notices that a run may carry."""
    return *is_owed(), Notice.frequency == run.frequency, Notice.created_at <= run.slot


def followers_behind(run: Run) -> Select[int]:
    """Who follows a thread at a run's frequency and may not have been told of its last comment."""
    return _behind(run).with_only_columns(Bookmark.subscriber_id)


class DigestComments:
    """What some readers' digests tell of threads; each comment once."""

    def __init__(self, session: Session, run: Run, readers: list[int]) -> None:
        self._session, self._run = session, run
        mutes = Mutes(session, readers, run.slot)
        self._items: dict[int, set[tuple[int, int]]] = defaultdict(set)
        """Reader -> (article, comment)."""
        self._notices: dict[int, list[int]] = defaultdict(list)
        self._passed: dict[Reason, list[int]] = defaultdict(list)
        for notice, pair, item, reason, has_gone in self._waiting(readers):
            if has_gone:
                self._passed[Reason.RETRACTED].append(notice)
            elif mutes.cover(pair, reason):
                self._passed[Reason.MUTED].append(notice)
            else:
                self._items[pair[0]].add((pair[1], item))
                self._notices[pair[0]].append(notice)
        self._follow = followers(session, _behind(run).where(among(session, Bookmark.subscriber_id, readers)))
        self._unseen = Unseen(session, self._follow, run.slot)
        self._empty: list[Follower] = []
        for one in self._follow:
            found = () if mutes.cover(one.pair, NoticeReason.THREAD) else self._unseen.of(one).ids
            self._items[one.pair[0]] |= {(one.pair[1], item) for item in found}
            if not found:
                self._empty.append(one)

    def items(self, reader: int) -> list[int]:
        """The comments of one reader's digest, thread by thread, the oldest first."""
        return [item for _, item in sorted(self._items[reader])]

    def settle(self, made: Mapping[int, int]) -> None:
        """What a digest (reader -> delivery) carries no other letter takes."""
        session = self._session
        told = [
            {"id": notice, "delivery_id": delivery}
            for reader, delivery in made.items()
            for notice in self._notices[reader]
        ]
        if told:
            session.execute(update(Notice), told)
        for why, notices in self._passed.items():
            drop(session, notices, why, self._run.slot)
        moved: dict[tuple[int, int], list[int]] = defaultdict(list)
        for one in {*self._empty, *(one for one in self._follow if one.pair[0] in made)}:
            moved[one.pair[1], self._unseen.last(one.pair[1], one.seen)].append(one.pair[0])
        for (article, last), some in moved.items():
            theirs = (Bookmark.article_id == article) & among(session, Bookmark.subscriber_id, some)
            turned = update(Bookmark).where(theirs).values(seen=last)
            session.execute(turned.execution_options(synchronize_session=False))

    def _waiting(self, readers: list[int]) -> list[tuple[int, Pair, int, NoticeReason, bool]]:
        rows = self._session.execute(
            select(Notice.id, Notice.subscriber_id, Notice.article_id, Notice.item_id, Notice.reason, is_gone()).where(
                among(self._session, Notice.subscriber_id, readers), *waits_for(self._run)
            )
        )
        return [(row[0], (row[1], row[2]), row[3], row[4], row[5]) for row in rows]


def _behind(run: Run) -> Select[int, int, int, datetime, str, bool]:
    # Said twice, so that no planner begins with all bookmarks.
    of_open = Bookmark.article_id.in_(select(Thread.article_id).where(IS_OPEN))
    late = follower_rows().where(of_open, IS_OPEN, Bookmark.seen < Thread.count)
    return late.where(frequency_at(run.slot) == run.frequency.value)
