"""Take other plugins' readers over: read, judge and write, some hundred rows at a time, in memory that stays flat."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Self

from sqlalchemy.orm import Session

from notifier.consent import takeover
from notifier.consent.takeover import ALREADY, TAKEN, Verdict
from notifier.consent.taking import Basis, write
from notifier.db import queue_up
from notifier.desk import audit
from notifier.desk.audit import OPERATOR, Actor
from notifier.domain.takeover import Skip, Wanted
from notifier.models import Site
from notifier.parts import Parts
from notifier.sources.wpdiscuz.reading import Terms, read
from notifier.sources.wpdiscuz.table import Row, Table

AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was left out, as the file of them tells it; no address in it."""

    table: str
    row: int
    why: Skip


@dataclass(frozen=True, slots=True)
class Ears:
    """Who wants to hear how it goes."""

    skipped: Callable[[Skipped], None] = lambda _skipped: None
    progress: Callable[[Table, int], None] = lambda _table, _done: None
    """How far the reading of a table has come, of its `size`."""


@dataclass(slots=True)
class Count:
    """What was found in one table, and what became of it."""

    found: int = 0
    taken: int = 0
    already: int = 0
    waiting: int = 0
    """Taken, and about an article that has not come in yet."""
    skipped: Counter[Skip] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with the rows: whose readers they become, on what basis, and whether for good."""

    site_id: int
    basis: Basis
    terms: Terms
    is_for_good: bool
    by: Actor = OPERATOR


def take_over(parts: Parts, tables: Iterable[Table], job: Job, ears: Ears) -> dict[str, Count]:
    """Table -> what became of its rows. Nothing is written unless the job is for good; twice is as good as once.

    Raises TableError when a table cannot be read on; what was taken by then stays, and the next time goes on.
    """
    counts: dict[str, Count] = {}
    with _Seen() as seen:
        for table in tables:
            count = counts.setdefault(table.name, Count())
            for rows in _batches(table.rows()):
                _take(parts, job, table, rows, (seen, count, ears))
                ears.progress(table, rows[-1].done)
    return counts


def _take(parts: Parts, job: Job, table: Table, rows: Sequence[Row], to: "tuple[_Seen, Count, Ears]") -> None:
    seen, count, ears = to
    wanted: list[tuple[int, Wanted]] = []
    for row in rows:
        found = read(table.shape, table.name, row, job.terms)
        if isinstance(found, Skip):
            _leave_out(count, ears, Skipped(table.name, row.number, found))
        else:
            wanted.append((row.number, found))
    count.found += len(rows)
    with _session(parts, job) as session:
        if job.is_for_good:
            queue_up(session, f"takeover of {job.site_id}")
        site = session.get_one(Site, job.site_id)
        judged = takeover.judge(session, site, [one for _, one in wanted])
        verdicts = [seen.judge(one) for one in judged]
        taken = [one.wanted for one in verdicts if one.word == TAKEN]
        count.waiting += takeover.waiting(session, site, taken)
        if job.is_for_good:
            write(session, site, verdicts, job.basis, job.terms.now)
            if taken and not count.taken:
                told = {"source": job.basis.source, "table": table.name}
                audit.note(session, job.by, "readers.taken_over", job.terms.now, site_id=job.site_id, **told)
    count.taken += len(taken)
    count.already += sum(one.word == ALREADY for one in verdicts)
    for (number, _), one in zip(wanted, verdicts, strict=True):
        if one.word not in {TAKEN, ALREADY}:
            _leave_out(count, ears, Skipped(table.name, number, Skip(one.word)))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


def _leave_out(count: Count, ears: Ears, skipped: Skipped) -> None:
    count.skipped[skipped.why] += 1
    ears.skipped(skipped)


@contextmanager
def _session(parts: Parts, job: Job) -> Iterator[Session]:
    with parts.db.writing() if job.is_for_good else parts.db.reading() as session:
        yield session


class _Seen:
    """What earlier rows asked for already, on disk: a file of millions of rows must not fill the memory."""

    def __enter__(self) -> Self:
        # Without a name SQLite makes a file that is deleted when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA cache_size = -2000")
        self._db.execute("CREATE TABLE seen (what BLOB PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def judge(self, one: Verdict) -> Verdict:
        """The same verdict, or that an earlier row asked for the same."""
        if one.word in {Skip.SUPPRESSED, Skip.LEFT}:
            return one
        what = hashlib.sha256(f"{one.wanted.address_key}\n{one.wanted.topic}".encode()).digest()[:16]
        is_new = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (what,)).rowcount
        return one if is_new else Verdict(one.wanted, Skip.DUPLICATE)
