"""Readers whose digest is theirs alone: comments waiting for it, or subscriptions changed within its window."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import FromClause, Select, select, union
from sqlalchemy.orm import Session

from notifier.domain.schedule import EVERY_DAY
from notifier.domain.words import Frequency, LetterKind, State
from notifier.models import Delivery, LetterItem, Notice, Subscriber, Subscription
from notifier.stages.plan.arranged import Arranged
from notifier.stages.plan.cohorts import Cohort
from notifier.stages.plan.digest_comments import DigestComments, followers_behind, waits_for
from notifier.stages.plan.letters import Edition, Told, digest_draft
from notifier.stages.plan.news import News, news, window
from notifier.stages.plan.persons import Owed, plan_owed

AT_ONCE = 500


def particulars(cohort: Cohort) -> Select[int]:
    """(reader) for those whose digest cannot be told from their subscriptions and the cohort's window alone.

    Each part is looked up by what changed, never reader by reader: most days that is next to nobody.
    """
    since = cohort.since
    some = union(
        select(Notice.subscriber_id.label("reader")).where(*waits_for(cohort.run)),
        select(Subscription.subscriber_id).where(Subscription.frequency_changed_at > since),
        select(Subscription.subscriber_id).where(Subscription.ended_at > since),
        select(Subscriber.id).where(Subscriber.schedule_changed_at >= since),
        followers_behind(cohort.run),
    ).subquery("changes")
    return select(Subscriber.id.label("reader")).join(some, some.c.reader == Subscriber.id).where(cohort.readers())


def plan_particulars(session: Session, edition: Edition, cohort: Cohort, who: FromClause, arranged: Arranged) -> int:
    """Plan the digests of these readers (as `particulars` tells them) one by one; gives how many are new."""
    readers = session.scalars(select(Subscriber).join(who, who.c.reader == Subscriber.id).order_by(Subscriber.id)).all()
    return sum(
        _plan(session, edition, cohort, readers[first : first + AT_ONCE], arranged)
        for first in range(0, len(readers), AT_ONCE)
    )


def _plan(session: Session, edition: Edition, cohort: Cohort, readers: Sequence[Subscriber], arranged: Arranged) -> int:
    run = cohort.run
    since = {reader.id: _since(reader, cohort) for reader in readers}
    articles_since = window(session, run, cohort.since)
    found = news(session, replace(articles_since, since=min(since.values())))
    wants = _wants(session, list(since))
    had = _had(session, list(since), found)
    waiting = DigestComments(session, run, list(since))
    elsewhere = cohort.elsewhere(edition.now, edition.site.time_zone)

    def is_new(item: int, since: datetime) -> bool:
        return item in articles_since.stragglers or found.announced[item] > since

    owed = []
    for reader in readers:
        night = _night(reader, cohort, found)
        picked = arranged.order(found.pick(wants[reader.id], run.frequency, night))
        articles = [item for item in picked if item not in had[reader.id] and is_new(item, since[reader.id])]
        comments = waiting.items(reader.id)
        if articles or comments:
            some_days = run.frequency is Frequency.DAILY and reader.digest_days != EVERY_DAY
            is_unsaid = some_days or reader.time_zone in elsewhere
            told = Told(reader.language, is_next_unsaid=is_unsaid, is_after_quiet=not night.isdisjoint(articles))
            draft = digest_draft(edition, run, told, articles, comments)
            owed.append(Owed(draft, reader.id, run.id))
    made = plan_owed(session, edition, LetterKind.DIGEST, owed)
    waiting.settle({one.subscriber_id: one.id for one in made})
    return len(made)


def _has_moved(reader: Subscriber, cohort: Cohort) -> bool:
    return reader.schedule_changed_at is not None and reader.schedule_changed_at >= cohort.since


def _since(reader: Subscriber, cohort: Cohort) -> datetime:
    if not _has_moved(reader, cohort):
        return cohort.since
    covered = {
        Frequency.HOURLY: reader.hourly_covered_until,
        Frequency.DAILY: reader.daily_covered_until,
        Frequency.WEEKLY: reader.weekly_covered_until,
    }
    return covered[cohort.run.frequency] or cohort.since


def _night(reader: Subscriber, cohort: Cohort, found: News) -> frozenset[int]:
    """What waited for their quiet hours to end; of whoever changed these, all that may have: what they had is known."""
    if cohort.run.frequency is Frequency.HOURLY and _has_moved(reader, cohort):
        return cohort.night | found.waited
    return cohort.night


def _wants(session: Session, readers: list[int]) -> dict[int, list[tuple[int, Frequency]]]:
    rows = session.execute(
        select(Subscription.subscriber_id, Subscription.topic_id, Subscription.frequency).where(
            Subscription.subscriber_id.in_(readers), Subscription.ended_at.is_(None)
        )
    )
    wants: dict[int, list[tuple[int, Frequency]]] = defaultdict(list)
    for reader, topic, frequency in rows:
        wants[reader].append((topic, frequency))
    return wants


def _had(session: Session, readers: list[int], found: News) -> dict[int, set[int]]:
    """What each of them was sent already, or is about to be."""
    rows = session.execute(
        select(Delivery.subscriber_id, LetterItem.item_id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .where(
            Delivery.subscriber_id.in_(readers),
            LetterItem.item_id.in_(list(found.announced)),
            Delivery.state.in_([State.QUEUED, State.SENDING, State.SENT]),
        )
    )
    had: dict[int, set[int]] = defaultdict(set)
    for reader, item in rows:
        had[reader or 0].add(item)
    return had
