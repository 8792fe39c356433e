"""Take a list in, batch by batch: each is one transaction that moves the import's position, so that none counts twice.

Kill it anywhere: the next one reads on from the position. Two at once cannot both move it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from notifier import observe
from notifier.bulk import weigh
from notifier.db import is_server
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.desk_words import ImportState
from notifier.domain.importing.plan import Plan
from notifier.imports.acts import kept
from notifier.imports.batch import Batch, Batches, Job
from notifier.imports.sets import Sets
from notifier.imports.writing import WRITERS, Clock, OvertakenError, Work, hold, write
from notifier.models import (
    ConsentEvent,
    Import,
    ImportPiece,
    Site,
    Subscriber,
    SubscriberTag,
    Subscription,
    Suppression,
)
from notifier.parts import Parts
from notifier.queue import to_import
from notifier.sources.lists import Opened

AT_ONCE: Final = 12_000
"""Three batches are in memory: two are written, one is read."""
AT_ONCE_SQLITE: Final = 4000
"""Fewer, for nobody else writes meanwhile."""
_FILLED: Final = (Subscriber, Subscription, ConsentEvent, SubscriberTag, Suppression)
_WORKS: Final = {ImportState.CHECKING: ImportState.CHECKED, ImportState.IMPORTING: ImportState.DONE}

_log = observe.log(__name__)
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
        size, writers = (AT_ONCE, WRITERS) if is_server(session) else (AT_ONCE_SQLITE, 1)
    until = clock() + turn.lasts if turn.lasts else None
    work = Work(parts, row.id, row.state, job, clock)
    read = Batches(opened or kept(parts, import_id), job, row.position, clock())
    batches = _ahead(read, turn.at_once or size, lambda: _is_over(clock, until))
    position = row.position
    try:
        with closing(write(work, batches, position, writers)) as whole:
            for done_bytes, position in whole:
                progress(done_bytes, position)
        if _is_over(clock, until):
            parts.bell([to_import(import_id)])
            return row.state
        if work.is_for_good and position >= AT_ONCE:
            with parts.db.writing() as session:
                weigh(session, *_FILLED)
        return _finish(work, position)
    except OvertakenError:
        return row.state


def _ahead(batches: Batches, size: int, is_over: Callable[[], bool]) -> Iterator[Batch]:
    """Batches until the time is over: one thread reads the next while the database is busy."""
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(batches.next, size)
        while (batch := ahead.result()).records:
            ahead = pool.submit(batches.next, size)
            yield batch
            if is_over():
                return


def _is_over(clock: Clock, until: datetime | None) -> bool:
    return until is not None and clock() >= until


def _finish(work: Work, position: int) -> ImportState:
    with work.parts.db.writing() as session:
        mine = hold(session, work, position)
        mine.state, mine.touched_at, mine.done_bytes = _WORKS[work.state], work.clock(), mine.size
        if mine.state is ImportState.DONE:
            mine.finished_at = mine.touched_at
            session.execute(delete(ImportPiece).where(ImportPiece.import_id == mine.id))
            words = {word: number for word, number in mine.counts.items() if number}
            audit.note(
                session, Actor(mine.actor), "import.done", mine.touched_at, site_id=mine.site_id, file=mine.id, **words
            )
        _log.info("import", file=mine.id, state=mine.state.value, rows=position)
        return mine.state
