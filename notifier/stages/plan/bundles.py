"""Comments that waited long enough become one letter a person and thread, at that person's pace."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import queue_up
from notifier.domain.timing import Pace, Turn, Way, Why, is_last, turn
from notifier.domain.words import Frequency, LetterKind, Reason
from notifier.models import FOR_GOOD, UNTIL_ALIVE, Bookmark, Notice, Subscriber
from notifier.stages.plan.alerted import local_day
from notifier.stages.plan.conversations import AT_ONCE, Conversation, conversations, ready
from notifier.stages.plan.letters import Draft, Edition
from notifier.stages.plan.notices import drop
from notifier.stages.plan.persons import Shared, plan_shared
from notifier.stages.plan.threads import Pair, close, make_bookmarks, name_threads, opened

FOR_TODAY: Final = timedelta(hours=25)
"""Longer than it is to the next daily digest."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Terms:
    """How often letters come, and how long a thread's comments are held."""

    pace: Pace
    hold: timedelta


@dataclass(frozen=True, slots=True)
class Bundled:
    """The new deliveries, and whether nothing more was due."""

    deliveries: list[int]
    is_all: bool


def plan_bundles(session: Session, edition: Edition, terms: Terms) -> Bundled:
    """Write the letters that are due at this site, note when to look again, leave the rest to the daily digest."""
    site, now = edition.site.id, edition.now
    queue_up(session, f"letters about comments of {site}")
    make_bookmarks(session, site)
    threads = opened(session, site)
    pairs = ready(session, site, threads, terms.hold, now)
    found = conversations(session, pairs, terms.hold, now)
    letters, others = _decide(found, terms, now)
    made = _send(session, edition, terms.pace, letters)
    _wait(session, [(one, its_turn.at) for one, its_turn in others if its_turn.way is Way.WAIT])
    _leave_to_digest(session, [(one, its_turn.why) for one, its_turn in others if its_turn.way is Way.DIGEST], now)
    _pass_over(session, found, now)
    is_all = len(pairs) < AT_ONCE
    if is_all:
        close(session, threads)
    return Bundled(made, is_all)


def _decide(
    found: Iterable[Conversation], terms: Terms, now: datetime
) -> tuple[list[Conversation], list[tuple[Conversation, Turn]]]:
    letters, others = list[Conversation](), list[tuple[Conversation, Turn]]()
    sent = Counter[int]()
    for one in found:
        if not one.item_ids():
            continue
        reader, past = one.pair[0], one.past(now)
        past = replace(past, that_day=past.that_day + sent[reader])
        pace = terms.pace.with_quiet(one.quiet_from_h, one.quiet_until_h)
        its_turn = turn(pace, past, one.waiting(terms.hold), one.time_zone, now)
        if its_turn.way is Way.LETTER:
            letters.append(one)
            sent[reader] += 1
        else:
            others.append((one, its_turn))
    return letters, others


def _send(session: Session, edition: Edition, pace: Pace, letters: Sequence[Conversation]) -> list[int]:
    name_threads(session, {one.pair[1] for one in letters})
    shared = _shared(edition, pace, letters)
    made = {
        (one.subscriber_id, one.about_id): one.id for one in plan_shared(session, edition, LetterKind.REPLY, shared)
    }
    settled = [
        {"id": notice.id, "delivery_id": delivery}
        for one in letters
        if (delivery := made.get((one.pair[0], one.item_ids()[-1])))
        for notice in one.notices
    ]
    if settled:
        session.execute(update(Notice), settled)
    _turn_pages(session, pace, letters, edition.now)
    _count_letters(session, letters, edition.now)
    return list(made.values())


def _shared(edition: Edition, pace: Pace, letters: Sequence[Conversation]) -> list[Shared]:
    """The same comments at the same pace in the same language are one letter."""
    groups: dict[tuple[str, tuple[int, ...], int | None], list[int]] = defaultdict(list)
    for one in letters:
        past = one.past(edition.now)
        unanswered = None if is_last(pace, past, edition.now) else past.unanswered
        items = one.in_order(edition.room.comments)
        groups[edition.spoken(one.language), items, unanswered].append(one.pair[0])
    shared = []
    for (language, items, unanswered), readers in groups.items():
        data: dict[str, Any] = {"turns_daily": True}
        if unanswered is not None:
            data = {"next_at": (edition.now + pace.gap_after(unanswered + 1)).isoformat(timespec="minutes")}
        data |= edition.room.shown(0, len(items))
        draft = Draft(edition.site.id, LetterKind.REPLY, language, items, Frequency.INSTANT, data)
        # The newest comment names the letter: nobody is told of one twice, so no two of theirs share it.
        shared.append(Shared(draft, max(items), tuple(readers)))
    return shared


def _turn_pages(session: Session, pace: Pace, letters: Sequence[Conversation], now: datetime) -> None:
    """Move the bookmarks behind what the letters tell; those in step in one statement."""
    moved = [
        (
            one.pair,
            (
                max(one.last, one.bookmark.seen),
                (*one.bookmark.letters, int(now.timestamp()))[-pace.letters_per_thread :],
                one.bookmark.unanswered + 1,
                is_last(pace, one.past(now), now),
            ),
        )
        for one in letters
    ]
    for (article, (seen, kept, unanswered, turns_daily)), readers in _by_value(moved).items():
        values: dict[str, Any] = {"seen": seen, "letters": list(kept), "unanswered": unanswered, "look_at": now}
        if turns_daily:
            values["daily_until"] = FOR_GOOD
        _mark(session, article, readers, values)


def _count_letters(session: Session, letters: Sequence[Conversation], now: datetime) -> None:
    counts = Counter((one.pair[0], local_day(one.time_zone, now)) for one in letters)
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (reader, day), count in counts.items():
        groups[day, count].append(reader)
    for (day, count), readers in groups.items():
        before = case((Subscriber.letters_day == day, Subscriber.letters_that_day), else_=0)
        counted = update(Subscriber).where(among(session, Subscriber.id, readers))
        counted = counted.values(letters_day=day, letters_that_day=before + count)
        session.execute(counted.execution_options(synchronize_session=False))


def _wait(session: Session, some: Iterable[tuple[Conversation, datetime]]) -> None:
    for (article, (at,)), readers in _by_value([(one.pair, (at,)) for one, at in some]).items():
        _mark(session, article, readers, {"look_at": at})


def _leave_to_digest(session: Session, some: Sequence[tuple[Conversation, Why | None]], now: datetime) -> None:
    """Answers join the next daily digest; a thread's comments stay behind the bookmark, where the digest finds them."""
    # A thread's last letter has turned it daily and said so; who chose otherwise since has had enough for today only.
    today = now + FOR_TODAY
    until: dict[Why | None, datetime] = {Why.THREAD: today, Why.PERSON: today, Why.IDLE: UNTIL_ALIVE}
    for (article, (why,)), readers in _by_value([(one.pair, (why,)) for one, why in some]).items():
        if why in until:
            _mark(session, article, readers, {"daily_until": until[why]})
    notices = [notice.id for one, _ in some for notice in one.notices]
    joined = update(Notice).where(among(session, Notice.id, notices)).values(frequency=Frequency.DAILY)
    session.execute(joined.execution_options(synchronize_session=False))


def _pass_over(session: Session, found: Sequence[Conversation], now: datetime) -> None:
    """Nothing waits for what was muted, or is a person's own, or is not to be seen any more."""
    drop(session, [notice.id for one in found for notice in one.muted], Reason.MUTED, now)
    drop(session, [notice.id for one in found for notice in one.gone], Reason.RETRACTED, now)
    passed = [(one.pair, (one.last,)) for one in found if not one.news.ids and one.last > one.bookmark.seen]
    for (article, (last,)), readers in _by_value(passed).items():
        _mark(session, article, readers, {"seen": last})


def _mark(session: Session, article: int, readers: Sequence[int], values: dict[str, Any]) -> None:
    theirs = (Bookmark.article_id == article) & among(session, Bookmark.subscriber_id, readers)
    session.execute(update(Bookmark).where(theirs).values(values).execution_options(synchronize_session=False))


def _by_value(pairs: Collection[tuple[Pair, _T]]) -> dict[tuple[int, _T], list[int]]:
    """Subscribers by (article, what is to be written of them): those in step are written at once."""
    groups: dict[tuple[int, _T], list[int]] = defaultdict(list)
    for (subscriber, article), value in pairs:
        groups[article, value].append(subscriber)
    return groups
