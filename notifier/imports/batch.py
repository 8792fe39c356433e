"""Some rows of a list, read and ready to be written: all that takes a processor's time and no database."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from notifier.consent.merging.staging import Row
from notifier.consent.merging.words import Became
from notifier.domain.importing.plan import Plan
from notifier.domain.importing.rows import Fault, Read, Reader, together
from notifier.domain.tokens import address_hash
from notifier.imports.sets import Sets
from notifier.sources.lists import Opened, Record, records

WORDS_MAX: Final = 2000


@dataclass(slots=True)
class Batch:
    """The rows of some records, the bad ones told apart."""

    records: int = 0
    done_bytes: int = 0
    rows: list[Row] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    """(line, reason, text)."""
    counts: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    """The addresses of the rows, no two alike."""
    people: dict[str, tuple[int, Read]] = field(default_factory=dict)
    """Address -> line and what all its rows say, where those count together."""

    def apart(self, others: Collection["Batch"]) -> tuple[list[Row], list[Row]]:
        """The rows whose addresses are in none of the others, and those that are."""
        shared: set[str] = set().union(*(self.keys & other.keys for other in others))
        if not shared:
            return self.rows, []
        return [row for row in self.rows if row.key not in shared], [row for row in self.rows if row.key in shared]


@dataclass(frozen=True, slots=True)
class Job:
    """An import as it is worked on."""

    site_id: int
    pepper: str
    language: str
    plan: Plan
    sets: Sets


class Batches:
    """Reads a list from where it was left, some records at a time."""

    def __init__(self, opened: Opened, job: Job, skip: int, now: datetime) -> None:
        self._read = 0
        plan = job.plan
        found = records(lambda: self._metered(opened()), plan.encoding, plan.delimiter, plan.begin)
        self._records = islice(found, skip, None)
        self._reader = Reader(plan, now, job.language)
        self._job = job
        self._counts_together = plan.has_row_per_list

    def next(self, count: int) -> Batch:
        """The next `count` records, fewer at the end."""
        batch = Batch()
        for record in islice(self._records, count):
            batch.records += 1
            self._take(batch, record)
        batch.rows += [self._row(line, found) for line, found in batch.people.values()]
        batch.people.clear()
        batch.done_bytes = self._read
        return batch

    def _take(self, batch: Batch, record: Record) -> None:
        found = self._reader.read(record.fields) if record.fields is not None else Fault.QUOTES
        if isinstance(found, Fault):
            batch.counts[Became.BAD] += 1
            batch.bad.append((record.line, found.value, record.text.strip("\r\n").replace("\0", "")[:WORDS_MAX]))
            return
        if found.key in batch.keys:
            batch.counts[Became.DUPLICATE] += 1
            if self._counts_together:
                line, before = batch.people[found.key]
                batch.people[found.key] = line, together(before, found)
            return
        batch.keys.add(found.key)
        if self._counts_together:
            batch.people[found.key] = record.line, found
        else:
            batch.rows.append(self._row(record.line, found))

    def _row(self, line: int, found: Read) -> Row:
        sets = self._job.sets
        return Row(
            line, found.address, found.key, address_hash(self._job.pepper, found.key), found.name, found.language,
            found.fate.value, found.at, sets.topics(found.topics), sets.tags(found.tags),
        )  # fmt: skip

    def _metered(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._read += len(block)
            yield block
