"""What keeps the flow going by itself: the tick and the sweep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import update

from notifier import (
    admission,
    announcing,
    bulk_acts,
    calling,
    census,
    corrections,
    flow,
    imports,
    mailroom,
    observe,
    polling,
    proofing,
    sign_in,
    traces,
)
from notifier.chores import Chores, tidy
from notifier.db import affected, upsert
from notifier.domain.words import Lane
from notifier.issues import sending, trials, waves
from notifier.models import Delivery, Lease
from notifier.parts import Parts
from notifier.queue import Nudge, Task, transaction
from notifier.stages import ledger, overdue, record

TICKS_LEASED = 3
"""How many ticks long the lease lasts: while a worker that was killed in mid-tick holds it, nothing is swept."""
RUNS_EVERY = timedelta(seconds=60)
CENSUS_EVERY = timedelta(hours=1)
QUARTER_S = 15 * 60
"""Every offset from UTC is a multiple of a quarter of an hour, so digest hours come at quarters."""
DRAIN_LASTS = timedelta(seconds=60)
BUSY_DEPTH = 20
"""A lane with more nudges than this is not rung again: its letters are on their way."""

_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found: leases taken back, letters too old, nudges rung or done."""

    taken_back: int
    expired: int
    nudged: int


def tick(parts: Parts, now: datetime) -> bool:
    """One beat: from time to time a sweep, then due digests, due notices, due issues, due sources.

    Several schedulers may tick: one at a time holds the lease, the others do nothing and get False. What fails keeps
    nothing else waiting, and is raised at the end.
    """
    lease = _take_lease(parts, now)
    if lease is None:
        return False
    chores = Chores()
    try:
        # First of all: whatever else goes wrong, what was claimed by the dead and what is due again is rung for.
        if lease.last_sweep_at is None or now - lease.last_sweep_at >= timedelta(seconds=parts.settings.sweep_s):
            chores.do(sweep, parts, now)
        if _is_time_for_runs(lease, now):
            for act_of_a_minute in (flow.open_runs, waves.follow_zones, announcing.announce):
                chores.do(act_of_a_minute, parts, now)
            _note(parts, last_runs_at=now)
        chores.do(flow.bundle_notices, parts, now)
        chores.do(traces.count, parts)
        chores.do(_ring_for_sources_and_issues, parts, now)
        if lease.last_census_at is None or now - lease.last_census_at >= CENSUS_EVERY:
            _note(parts, last_census_at=now)
            chores.do(census.count, parts, now)
    finally:
        _release(parts, lease, now)
    chores.end()
    return True


def sweep(parts: Parts, now: datetime) -> SweepReport:
    """Find what is unfinished for too long and nudge it again, then tidy up. What fails is raised at the end."""
    before, chores = now - timedelta(seconds=parts.settings.overdue_s), Chores()
    taken_back, expired = _give_back(parts, now, chores)
    with parts.db.reading() as session:
        nudges = overdue.unfinished(session, before)
        nudges += overdue.due_deliveries(session, _idle_lanes(parts), before, parts.settings.chunk_size)
    parts.bell(nudges)
    _note(parts, last_sweep_at=now)
    tidy(parts, now, chores)
    chores.end()
    return _said(SweepReport(taken_back, expired, len(nudges)))


def drain(parts: Parts, clock: Callable[[], datetime], lasts: timedelta = DRAIN_LASTS) -> SweepReport:
    """Do what is due in this very process, slowly: letters leave even when Redis is away.

    Begins nothing new after `lasts`, so that a scheduler at work here looks up from it in time. What fails is not tried
    again meanwhile, keeps nothing else waiting, and is raised at the end.
    """
    quiet, chores, until = replace(parts, bell=_no_bell), Chores(), clock() + lasts
    taken_back, expired = _give_back(quiet, clock(), chores)
    done, failed = 0, set[Nudge]()
    while clock() < until:
        with quiet.db.reading() as session:
            nudges = overdue.unfinished(session, clock())
            nudges += overdue.due_deliveries(session, list(Lane), clock(), quiet.settings.chunk_size)
        nudges = [nudge for nudge in nudges if nudge not in failed]
        if not nudges:
            break
        for nudge in nudges:
            if clock() >= until:
                break
            if chores.do(act, quiet, nudge, clock, name=nudge.task.value):
                done += 1
            else:
                failed.add(nudge)
    _note(quiet, last_sweep_at=clock())
    tidy(quiet, clock(), chores)
    chores.end()
    return _said(SweepReport(taken_back, expired, done))


_Act = Callable[[Parts, int, datetime], object]
_ABOUT_A_ROW: Final[Mapping[Task, _Act]] = {
    Task.PUBLISH: flow.publish,
    Task.SIGN_UP: admission.handle_signup,
    Task.SIGN_IN: sign_in.answer,
    Task.PLAN_RUN: flow.plan_run,
    Task.PLAN_CORRECTION: corrections.plan,
    Task.PLAN_WAVE: sending.plan_wave,
    Task.SETTLE_ISSUE: sending.settle,
    Task.SEND_TRIAL: trials.send,
    Task.SEND_PROOF: proofing.send,
    Task.HAND_OVER: mailroom.hand_over,
    Task.POLL_SOURCE: polling.poll_source,
}
"""What is done about one row, at one moment."""
_Work = Callable[[Parts, int, Callable[[], datetime]], object]
_FOR_A_WHILE: Final[Mapping[Task, _Work]] = {
    Task.IMPORT: imports.advance,
    Task.BULK_ACT: bulk_acts.advance,
    Task.CALL: calling.send,
}
"""What time passes over."""


def act(parts: Parts, nudge: Nudge, clock: Callable[[], datetime]) -> None:
    """Do in this process what a worker would do when it gets this nudge."""
    match nudge.task, nudge.args:
        case Task.TICK, ():
            tick(parts, clock())
        case Task.DELIVER, (str(lane), int(first), int(last)):
            flow.deliver(parts, lane, first, last, clock)
        case task, (int(row),) if task in _ABOUT_A_ROW:
            _ABOUT_A_ROW[task](parts, row, clock())
        case task, (int(row),) if task in _FOR_A_WHILE:
            _FOR_A_WHILE[task](parts, row, clock)
        case _:
            raise ValueError(f"{nudge.task} does not take {nudge.args}")


def at_once(parts: Parts, nudge: Nudge, clock: Callable[[], datetime]) -> None:
    """Act on a nudge and on those it rings, here: somebody waits, and another task would queue behind long sends."""
    rung: list[Nudge] = []
    act(replace(parts, bell=rung.extend), nudge, clock)
    for following in rung:
        act(parts, following, clock)


def _give_back(parts: Parts, now: datetime, chores: Chores) -> tuple[int, int]:
    """Take expired leases back and end what is too old; gives how many of each."""
    orphans: list[int] = []
    chores.do(lambda: orphans.append(flow.settle_orphans(parts, now)), name="orphans")
    with parts.db.writing() as session:
        taken_back = record.take_back(session, now, parts.terms, parts.journal.read)
    expired = sum(iter(partial(_expire_some, parts, now), 0))
    return taken_back + sum(orphans), expired


def _expire_some(parts: Parts, now: datetime) -> int:
    """In a transaction of their own: who is told of each would be told of a million at once."""
    with transaction(parts.db, parts.bell) as session:
        return record.expire(session, Delivery.id > 0, now)


def _ring_for_sources_and_issues(parts: Parts, now: datetime) -> None:
    with parts.db.reading() as session:
        sources = overdue.due_sources(session, now)
    parts.bell([*sources, *sending.due(parts, now)])


def _idle_lanes(parts: Parts) -> list[Lane]:
    """The lanes whose queue is short; all of them where Redis cannot say."""
    depths = parts.depths() or {}
    return [lane for lane in Lane if depths.get(lane, 0) <= BUSY_DEPTH]


def _take_lease(parts: Parts, now: datetime) -> Lease | None:
    lasts = TICKS_LEASED * timedelta(seconds=parts.settings.tick_s)
    with parts.db.writing() as session:
        fresh = upsert(session, Lease).values(name=ledger.TICK, until=now - timedelta(seconds=1))
        session.execute(fresh.on_conflict_do_nothing())
        won = affected(
            session,
            update(Lease).where(Lease.name == ledger.TICK, Lease.until <= now).values(until=now + lasts),
        )
        return session.get(Lease, ledger.TICK) if won else None


def _release(parts: Parts, lease: Lease, now: datetime) -> None:
    """Give the lease back, unless it ran out meanwhile and another scheduler has it."""
    ours = (Lease.name == ledger.TICK) & (Lease.until == lease.until)
    with parts.db.writing() as session:
        session.execute(update(Lease).where(ours).values(until=now))


def _note(parts: Parts, **moments: datetime) -> None:
    with parts.db.writing() as session:
        session.execute(update(Lease).where(Lease.name == ledger.TICK).values(**moments))


def _is_time_for_runs(lease: Lease, now: datetime) -> bool:
    last = lease.last_runs_at
    if last is None or now - last >= RUNS_EVERY:
        return True
    return now.timestamp() // QUARTER_S != last.timestamp() // QUARTER_S


def _said(report: SweepReport) -> SweepReport:
    if report.nudged or report.taken_back or report.expired:
        _log.info("swept", taken_back=report.taken_back, expired=report.expired, nudged=report.nudged)
    return report


def _no_bell(_nudges: Sequence[Nudge]) -> None:
    """Nobody to ring for: the sweep that is at work looks again by itself."""
