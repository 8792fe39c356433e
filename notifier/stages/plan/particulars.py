"""Readers whose digest is theirs alone: comments waiting for it, or subscriptions changed within its window."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, Select, select, union, update
from sqlalchemy.orm import Session

from notifier.domain.words import Frequency, LetterKind, State
from notifier.models import Delivery, LetterItem, Notice, Run, Subscriber, Subscription
from notifier.stages.plan.letters import Edition, digest_draft
from notifier.stages.plan.news import News, news, window
from notifier.stages.plan.persons import Owed, plan_owed
from notifier.stages.plan.runs import Cohort

AT_ONCE = 500


def particulars(cohort: Cohort) -> Select[int]:
    """(reader) for those whose digest cannot be told from their subscriptions and the cohort's window alone.

    Each part is looked up by what changed, never reader by reader: most days that is next to nobody.
    """
    since = cohort.since
    some = union(
        select(Notice.subscriber_id.label("reader")).where(*_waits_for(cohort.run)),
        select(Subscription.subscriber_id).where(Subscription.frequency_changed_at > since),
        select(Subscription.subscriber_id).where(Subscription.ended_at > since),
        select(Subscriber.id).where(Subscriber.schedule_changed_at > since),
    ).subquery("changes")
    return select(Subscriber.id.label("reader")).join(some, some.c.reader == Subscriber.id).where(cohort.readers())


def plan_particulars(session: Session, edition: Edition, cohort: Cohort, who: FromClause) -> int:
    """Plan the digests of these readers (as `particulars` tells them) one by one; gives how many are new."""
    readers = session.scalars(select(Subscriber).join(who, who.c.reader == Subscriber.id).order_by(Subscriber.id)).all()
    return sum(
        _plan(session, edition, cohort, readers[first : first + AT_ONCE]) for first in range(0, len(readers), AT_ONCE)
    )


def _plan(session: Session, edition: Edition, cohort: Cohort, readers: Sequence[Subscriber]) -> int:
    run = cohort.run
    since = {reader.id: _since(reader, cohort) for reader in readers}
    articles_since = window(session, run, cohort.since)
    found = news(session, replace(articles_since, since=min(since.values())))
    wants = _wants(session, list(since))
    had = _had(session, list(since), found)
    waiting = _waiting(session, run, list(since))

    def is_new(item: int, since: datetime) -> bool:
        return item in articles_since.stragglers or found.announced[item] > since

    owed = []
    for reader in readers:
        picked = found.pick(wants[reader.id], run.frequency)
        articles = [item for item in picked if item not in had[reader.id] and is_new(item, since[reader.id])]
        comments = waiting[reader.id]
        if articles or comments:
            draft = digest_draft(edition, run, reader.language, articles, comments)
            owed.append(Owed(draft, reader.id, run.id))
    made = plan_owed(session, edition, LetterKind.DIGEST, owed)
    _settle(session, run, [delivery for delivery, _ in made])
    return len(made)


def _since(reader: Subscriber, cohort: Cohort) -> datetime:
    if reader.schedule_changed_at is None or reader.schedule_changed_at <= cohort.since:
        return cohort.since
    covered = {Frequency.DAILY: reader.daily_covered_until, Frequency.WEEKLY: reader.weekly_covered_until}
    return covered.get(cohort.run.frequency) or cohort.since


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


def _waiting(session: Session, run: Run, readers: list[int]) -> dict[int, list[int]]:
    rows = session.execute(
        select(Notice.subscriber_id, Notice.item_id)
        .where(Notice.subscriber_id.in_(readers), *_waits_for(run))
        .order_by(Notice.article_id, Notice.item_id)
    )
    waiting: dict[int, list[int]] = defaultdict(list)
    for reader, item in rows:
        waiting[reader].append(item)
    return waiting


def _settle(session: Session, run: Run, deliveries: list[int]) -> None:
    """The notices that a digest carries point to it, so that no other letter takes them."""
    carrying = (
        select(Delivery.id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .where(
            Delivery.id.in_(deliveries),
            Delivery.subscriber_id == Notice.subscriber_id,
            LetterItem.item_id == Notice.item_id,
        )
        .scalar_subquery()
    )
    readers = select(Delivery.subscriber_id).where(Delivery.id.in_(deliveries))
    session.execute(
        update(Notice)
        .where(Notice.subscriber_id.in_(readers), *_waits_for(run))
        .values(delivery_id=carrying)
        .execution_options(synchronize_session=False)
    )


def _waits_for(run: Run) -> tuple[ColumnElement[bool], ...]:
    return (
        Notice.frequency == run.frequency,
        Notice.delivery_id.is_(None),
        Notice.dropped_at.is_(None),
        Notice.created_at <= run.slot,
    )
