"""READ FIRST: the only place that puts the stages in order.

    source or API -> ingest -> commit -> [PUBLISH item] -> match -> plan -> commit -> [DELIVER ids]
    beat -> due runs, due notices -> commit -> [PLAN_RUN run] -> plan -> commit -> [DELIVER ids]
    [DELIVER ids] -> claim | check | gather | render | send | record        (dispatch.py)
    beat -> sweep: whatever is unfinished for too long is nudged again      (upkeep.py)
    reader -> sign up, confirm, change, unsubscribe                        (readers.py, admission.py)
    editor -> compose an issue, schedule, pause, resume, cancel            (issues/)

A name in brackets is a nudge: a Celery task that carries ids. The rows are the truth; a nudge that is lost
costs time, never a letter.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from notifier.accounts import Choice
from notifier.allowance import Allowance
from notifier.bulk import among
from notifier.db import is_passing
from notifier.dispatch import Dispatch, claim_chunk
from notifier.domain.items import NewItem, Receipt, batches
from notifier.domain.words import ItemKind, Lane, LetterKind, NoticeReason, Reason
from notifier.feedback import alarms
from notifier.journal import Page
from notifier.models import Delivery, Item, Run, Site
from notifier.parts import Parts
from notifier.queue import later, to_deliver, to_plan, to_publish, transaction
from notifier.stages import books, ingest, ledger, match, record
from notifier.stages.plan.alerts import plan_alerts
from notifier.stages.plan.bundles import Terms, plan_bundles
from notifier.stages.plan.digests import plan_digests
from notifier.stages.plan.letters import About, chunks, newest
from notifier.stages.plan.runs import following, is_early, open_due
from notifier.transports import Transport

Clock = Callable[[], datetime]
COMMENTS_AT_ONCE: Final = 100
HALT_LOOK: Final = timedelta(minutes=5)
"""How long letters of a halted stream wait before it is looked at again."""
BUNDLINGS_MAX: Final = 20
"""A tick looks up from bundling after so many rounds; the next goes on."""


# -- what comes in ----------------------------------------------------------------------------------------------


def ingest_items(
    parts: Parts, site_id: int, items: Sequence[NewItem], now: datetime, source_id: int | None = None
) -> list[Receipt]:
    """Store what was published, one receipt an item.

    An article has a transaction of its own and is nudged on; comments share one with their notices, a hundred at most.
    """
    receipts = []
    for some in batches(items, COMMENTS_AT_ONCE):
        receipts += _ingest(parts, site_id, some, now, source_id)
    return receipts


def retract_item(parts: Parts, site_id: int, guid: str, now: datetime, *, may_return: bool = False) -> Receipt | None:
    """Take an item back: letters that have not left leave it out. None for a guid that is not known.

    With `may_return` its source may show it again.
    """
    with transaction(parts.db, parts.bell) as session:
        return ingest.retract(session, site_id, guid, now, may_return=may_return)


def _ingest(
    parts: Parts, site_id: int, items: Sequence[NewItem], now: datetime, source_id: int | None
) -> list[Receipt]:
    with transaction(parts.db, parts.bell) as session:
        receipts = ingest.ingest(session, session.get_one(Site, site_id), items, now, source_id)
        ids = [one.item_id for one in receipts if one.item_id]
        unmatched = match.unmatched(session, ids)
        comments = [item for item, kind in unmatched if kind is ItemKind.COMMENT]
        if comments and _owe(parts, session, comments, now, at_most=match.CROWD):
            unmatched = [one for one in unmatched if one[1] is not ItemKind.COMMENT]
        later(session, *(to_publish(item, kind) for item, kind in unmatched))
        return receipts


def _owe(parts: Parts, session: Session, comments: Sequence[int], now: datetime, at_most: float = math.inf) -> bool:
    """Owe comments to whom they concern by name; False, and nothing done, where that is a crowd."""
    if (carried := match.carried(session, comments, at_most)) is None:
        return False
    if carried.topics:
        match.write_notices(session, carried, now, parts.holds)
    match.note_authors(session, comments, now)
    match.settle(session, comments, now)
    return True


# -- what is owed -----------------------------------------------------------------------------------------------


def publish(parts: Parts, item_id: int, now: datetime) -> None:
    """Match | plan, for one item: alerts for an article, notices for a comment. Doing it twice plans nothing more."""
    with transaction(parts.db, parts.bell) as session:
        if (item := session.get(Item, item_id, with_for_update=True)) is None or item.matched_at is not None:
            return
        if item.kind is ItemKind.COMMENT:
            _owe(parts, session, [item.id], now)
        else:
            edition = parts.edition(session.get_one(Site, item.site_id), LetterKind.ALERT, now)
            before = newest(session)
            plan_alerts(session, edition, item, match.instant_readers(item, now))
            ours = About(LetterKind.ALERT, item.id).deliveries() & (Delivery.id > before)
            later(session, *chunks(session, ours, parts.settings.chunk_size))
        item.matched_at = now


def plan_run(parts: Parts, run_id: int, now: datetime) -> None:
    """plan, for one digest slot of one site; a later slot waits until the earlier one is planned, and rung by it."""
    with transaction(parts.db, parts.bell, is_snapshot=True) as session:
        run = session.get(Run, run_id, with_for_update=True)
        if run is None or run.planned_at is not None or is_early(session, run):
            return
        edition = parts.edition(session.get_one(Site, run.site_id), LetterKind.DIGEST, now, run.frequency)
        before = newest(session)
        plan_digests(session, edition, run)
        ours = About(LetterKind.DIGEST, run.id).deliveries() & (Delivery.id > before)
        later(session, *chunks(session, ours, parts.settings.chunk_size))
        later(session, *(to_plan(one) for one in following(session, run)))


def open_runs(parts: Parts, now: datetime) -> None:
    """Make the digest runs whose slot has come, missed ones included."""
    late_most = timedelta(hours=parts.settings.digest_late_h)
    with transaction(parts.db, parts.bell) as session:
        for site in session.scalars(select(Site)):
            later(session, *(to_plan(run) for run in open_due(session, site, now, late_most)))


def bundle_notices(parts: Parts, now: datetime) -> None:
    """Turn comments that waited long enough into letters, one a person and thread; some thousands at a time."""
    terms = Terms(parts.pace, parts.holds[NoticeReason.THREAD])
    with parts.db.reading() as session:
        sites = session.scalars(select(Site.id)).all()
    for site in sites:
        for _ in range(BUNDLINGS_MAX):
            with transaction(parts.db, parts.bell) as session:
                edition = parts.edition(session.get_one(Site, site), LetterKind.REPLY, now)
                done = plan_bundles(session, edition, terms)
                later(
                    session, *chunks(session, among(session, Delivery.id, done.deliveries), parts.settings.chunk_size)
                )
            if done.is_all:
                break


# -- what goes out ----------------------------------------------------------------------------------------------


def deliver(parts: Parts, lane: str, first_id: int, last_id: int, clock: Clock) -> None:
    """Claim | check | gather | render | send | record, for the deliveries of one range.

    Sends for a slice of time, and goes on while no more urgent letter waits, up to `task_longest_s`; then it rings for
    the rest.
    """
    settle_orphans(parts, clock())
    span = record.Span(Lane(lane), first_id, last_id)
    with parts.db.reading() as session:
        # Not a claim: but who has nothing to send shall not be the one who tries an account out.
        if not record.is_open(session, span, clock()):
            return
        halted = alarms.halted(session, clock())
    if halted.streams:
        with parts.db.writing() as session:
            record.hold(session, span, halted.streams, clock(), HALT_LOOK)
    allowance = Allowance(parts, span.lane, clock)
    choice = parts.accounts.choose(allowance, halted.accounts)
    if choice.name is None:
        why = Reason.WARMING if choice.is_full else Reason.UNREACHABLE
        with parts.db.writing() as session:
            record.postpone(session, span, clock(), timedelta(seconds=choice.wait_s), why)
        return
    # Only what certainly has not left is given back: a task that breaks keeps its part of the day.
    allowance.give_back(choice.name, (choice.most or 0) - _deliver(parts, span, choice, clock))


def _deliver(parts: Parts, span: record.Span, choice: Choice, clock: Clock) -> int:
    """Gives how many letters the server was handed."""
    with parts.journal.page(choice.name or "") as page:
        dispatch = Dispatch(parts, claim_chunk(parts, span, choice, page.token, clock()), clock)
        # No transaction is open while the network is busy. What a server accepted is noted in the journal before the
        # next letter leaves, and written into the books many at a time.
        try:
            _send(parts.transports[dispatch.account], dispatch, page)
        except Exception:
            # Whatever it was, it was not the letters that no transport has seen. Should the database be what is away,
            # they wait for whoever settles this page.
            with suppress(Exception):
                dispatch.give_back_untouched()
            raise
        dispatch.tell()
        with transaction(parts.db, parts.bell) as session:
            dispatch.finish(session)
            if record.is_due(session, span, clock()):
                later(session, to_deliver(span.lane, span.first, span.last))
        page.settled()
        return len(dispatch.feed.groups)


def _send(transport: Transport, dispatch: Dispatch, page: Page) -> None:
    with closing(transport.send(dispatch.feed)) as answered:
        for answers in answered:
            is_noted = page.note(dispatch.take_in(answers))
            try:
                if dispatch.is_full() or not is_noted:
                    dispatch.write()
            except DBAPIError as fault:
                if not is_noted or not is_passing(fault):
                    raise
                # The journal has it. What is on the wire is still heard and noted; nothing more is begun.
                dispatch.feed.end()


def settle_orphans(parts: Parts, now: datetime) -> int:
    """End what processes of this machine left behind when they died; gives how many letters that were."""
    found = 0
    for token in parts.journal.orphans():
        if (accepted := parts.journal.read(token)) is None:
            continue  # A file that cannot be read just now is no empty one; the lease's end comes as well.
        with parts.db.writing() as session:
            found += record.settle(session, token, accepted, now, parts.terms)
        parts.journal.remove(token)
    return found


def status(parts: Parts, site_id: int | None = None) -> ledger.Status:
    """The balance and the reasons, of one site or of all, counted letter by letter: an audit."""
    with parts.db.reading() as session:
        return ledger.status(session, site_id)


def pulse(parts: Parts, site_id: int | None = None) -> ledger.Status:
    """The same from the running count, which costs no more when a hundred times as much was sent."""
    with parts.db.reading() as session:
        return ledger.told(session, books.whole(books.pages(session, site_id)), site_id)
