"""Take a list in, batch by batch: each is one transaction that moves the import's position, so that none counts twice.

Kill it anywhere: the next one reads on from the position. Two at once cannot both move it.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier import observe
from notifier.consent import merging
from notifier.consent.merging.asking import ask
from notifier.consent.merging.making import Ground, note_faults
from notifier.consent.merging.staging import Staged
from notifier.db import is_server, upsert
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.desk_words import ImportState
from notifier.domain.importing.plan import Plan
from notifier.imports.acts import kept
from notifier.imports.batch import Batch, Batches, Job
from notifier.imports.sets import Sets
from notifier.models import Import, ImportFault, ImportPiece, Site
from notifier.parts import Parts
from notifier.queue import to_import
from notifier.sources.lists import Opened

AT_ONCE: Final = 20_000
AT_ONCE_SQLITE: Final = 4000
"""Fewer, for nobody else writes meanwhile."""
_WORKS: Final = {ImportState.CHECKING: ImportState.CHECKED, ImportState.IMPORTING: ImportState.DONE}

_log = observe.log(__name__)
Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]
"""Bytes read, and rows through."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How long to go on (None: to the end), and how many rows a transaction takes (0: as the database likes)."""

    lasts: timedelta | None = None
    at_once: int = 0


A_TASK: Final = Turn(timedelta(seconds=60))
"""One task; the next begins where it left."""


def advance(
    parts: Parts,
    import_id: int,
    clock: Clock,
    *,
    opened: Opened | None = None,
    turn: Turn = A_TASK,
    progress: Progress = lambda _bytes, _rows: None,
) -> ImportState:
    """Go on with an import until it is through or the time is over; gives its state.

    `opened`: the file, where it is not the one that was kept.
    """
    with parts.db.reading() as session:
        row = session.get_one(Import, import_id)
        if row.state not in _WORKS or (row.is_local and opened is None):
            return row.state
        site = session.get_one(Site, row.site_id)
        plan = Plan.of(row.plan)
        job = Job(site.id, site.pepper, site.language, plan, Sets.load(session, site.id, plan))
        size = turn.at_once or (AT_ONCE if is_server(session) else AT_ONCE_SQLITE)
    until = clock() + turn.lasts if turn.lasts else None
    batches = Batches(opened or kept(parts, import_id), job, row.position, clock())
    position = row.position
    # One thread reads the next batch while the database is busy with this one.
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(batches.next, size)
        while (batch := ahead.result()).records:
            ahead = pool.submit(batches.next, size)
            if not _take(parts, row, job, batch, position, clock()):
                return row.state
            position += batch.records
            progress(batch.done_bytes, position)
            if until and clock() >= until:
                parts.bell([to_import(import_id)])
                return row.state
    return _finish(parts, row, position, clock())


def _take(parts: Parts, row: Import, job: Job, batch: Batch, position: int, now: datetime) -> bool:
    """Write one batch; False where somebody else is at it."""
    with parts.db.writing() as session:
        mine = _hold(session, row, position)
        if mine is None:
            return False
        counts = batch.counts + _merge(session, row, job, batch, now)
        _note_bad(session, row.id, batch)
        mine.position = position + batch.records
        mine.done_bytes = min(batch.done_bytes, mine.size)
        mine.counts = dict(Counter(mine.counts) + counts)
        mine.touched_at = now
    return True


def _merge(session: Session, row: Import, job: Job, batch: Batch, now: datetime) -> Counter[str]:
    plan = job.plan
    named = job.sets.named({one.topics for one in batch.rows})
    staged = Staged(
        batch.rows,
        topics={number: list(some.values()) for number, some in named.items()},
        purposes={number: "\n".join(some) for number, some in named.items()},
    )
    is_for_good = row.state is ImportState.IMPORTING
    if is_for_good:
        staged.tags = job.sets.tagged(session, job.site_id, {one.tags for one in batch.rows}, now)
    merging.stage(session, staged)
    counts = merging.judge(session, job.site_id, asks=plan.asks, is_for_good=is_for_good)
    ground = Ground(row.id, plan.source, plan.basis, plan.frequency)
    if not is_for_good:
        note_faults(session, row.id)
        return counts
    site = session.get_one(Site, job.site_id)
    if plan.asks:
        ask(session, site, ground, staged.names, now)
    merging.make(session, site, ground, now)
    return counts


def _hold(session: Session, row: Import, position: int) -> Import | None:
    """The import, ours until the transaction ends; None where somebody else has it or has moved it."""
    mine = session.scalar(
        select(Import).where(Import.id == row.id, Import.state == row.state).with_for_update(skip_locked=True)
    )
    return mine if mine and mine.position == position else None


def _note_bad(session: Session, import_id: int, batch: Batch) -> None:
    rows = [{"import_id": import_id, "line": line, "reason": why, "words": words} for line, why, words in batch.bad]
    if rows:
        session.connection().execute(upsert(session, ImportFault).on_conflict_do_nothing(), rows)


def _finish(parts: Parts, row: Import, position: int, now: datetime) -> ImportState:
    with parts.db.writing() as session:
        mine = _hold(session, row, position)
        if mine is None:
            return row.state
        mine.state, mine.touched_at, mine.done_bytes = _WORKS[row.state], now, mine.size
        if mine.state is ImportState.DONE:
            mine.finished_at = now
            session.execute(delete(ImportPiece).where(ImportPiece.import_id == mine.id))
            words = {word: number for word, number in mine.counts.items() if number}
            audit.note(session, Actor(mine.actor), "import.done", now, site_id=mine.site_id, file=mine.id, **words)
        _log.info("import", file=mine.id, state=mine.state.value, rows=position)
        return mine.state
