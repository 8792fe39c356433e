"""Write batches of a list, side by side where the database has room for two writers, and commit them in their order.

Each batch is a transaction. It writes while the one before still does, but moves the import's position only when that
one is committed: the position is always where everything before it is whole, and what is killed is written again.
"""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifier.consent import merging
from notifier.consent.merging.asking import ask
from notifier.consent.merging.making import Ground, note_faults
from notifier.consent.merging.staging import Row, Staged
from notifier.db import claim, is_server, stand_by, upsert
from notifier.domain.desk_words import ImportState
from notifier.imports.batch import Batch, Job
from notifier.models import Import, ImportFault, Site
from notifier.parts import Parts

WRITERS: Final = 2
"""Connections of one import on PostgreSQL; SQLite has one writer."""
UNDER_WAY: Final = timedelta(minutes=10)
"""An import whose last batch is older was interrupted."""

Clock = Callable[[], datetime]


class OvertakenError(Exception):
    """Somebody else is at this import; what this batch wrote is taken back."""


@dataclass(frozen=True, slots=True)
class Work:
    """An import, and the state that it was in."""

    parts: Parts
    import_id: int
    state: ImportState
    job: Job
    clock: Clock

    @property
    def is_for_good(self) -> bool:
        """Whether readers are made; a dry run only tells."""
        return self.state is ImportState.IMPORTING

    def name(self, begin: int) -> str:
        """What a batch claims, by the position where it begins."""
        return f"import:{self.import_id}:{begin}"


@dataclass(frozen=True, slots=True)
class _Writing:
    """A batch on its way."""

    batch: Batch
    begin: int
    end: "Future[None]"

    def whole(self) -> tuple[int, int]:
        self.end.result()
        return self.batch.done_bytes, self.begin + self.batch.records


def write(work: Work, batches: Iterable[Batch], begin: int, writers: int) -> Generator[tuple[int, int], None, None]:
    """Write batches that begin at this position; tells of each once it is whole: bytes read, and position.

    Raises OvertakenError.
    """
    under_way: deque[_Writing] = deque()
    with ThreadPoolExecutor(writers) as pool:
        for batch in batches:
            while under_way and not _is_alone(work):
                yield under_way.popleft().whole()
            tags = _tags(work, batch)
            task = pool.submit(_write, work, batch, begin, tags, tuple(under_way))
            under_way.append(_Writing(batch, begin, task))
            begin += batch.records
            # Before the next is asked for: three batches are in memory, not four.
            if len(under_way) == writers:
                yield under_way.popleft().whole()
        while under_way:
            yield under_way.popleft().whole()


def _is_alone(work: Work) -> bool:
    """Whether no other list comes in to this site: two with the same addresses would wait for each other in circles."""
    with work.parts.db.reading() as session:
        others = select(Import.id).where(
            Import.site_id == work.job.site_id, Import.id != work.import_id,
            Import.state == ImportState.IMPORTING, Import.touched_at > work.clock() - UNDER_WAY,
        )  # fmt: skip
        return not work.is_for_good or session.scalar(others.limit(1)) is None


def _tags(work: Work, batch: Batch) -> dict[int, list[int]]:
    """Committed at once: two batches that made the same tag would wait for each other."""
    if not work.is_for_good:
        return {}
    with work.parts.db.writing() as session:
        return work.job.sets.tagged(session, work.job.site_id, {one.tags for one in batch.rows}, work.clock())


def _write(work: Work, batch: Batch, begin: int, tags: dict[int, list[int]], before: Sequence[_Writing]) -> None:
    now = work.clock()
    with work.parts.db.writing() as session:
        if not claim(session, work.name(begin)) or _position(session, work) > begin:
            raise OvertakenError
        # An address that an earlier batch has too waits for it: the first row counts, and neither holds up the other.
        alone, shared = batch.apart([one.batch for one in before])
        counts = batch.counts + _merge(session, work, alone, tags, now)
        _note_bad(session, work.import_id, batch)
        if before:
            _wait_for(session, work, before[-1])
        if shared:
            counts += _merge(session, work, shared, tags, now)
        _move(session, work, batch, begin, counts)


def _wait_for(session: Session, work: Work, before: _Writing) -> None:
    """Until it is whole; raises what it raised.

    Asked in the database first, which finds out where others wait in a circle with us; for as long as that batch takes.
    """
    if is_server(session):
        patience = session.scalar(select(func.current_setting("lock_timeout")))
        session.execute(select(func.set_config("lock_timeout", "0", True)))  # noqa: FBT003 - SET LOCAL, as a function
        stand_by(session, work.name(before.begin))
        session.execute(select(func.set_config("lock_timeout", patience, True)))  # noqa: FBT003
    before.end.result()


def _merge(session: Session, work: Work, rows: list[Row], tags: dict[int, list[int]], now: datetime) -> Counter[str]:
    job, plan = work.job, work.job.plan
    named = job.sets.named({one.topics for one in rows})
    staged = Staged(
        rows,
        topics={number: list(some.values()) for number, some in named.items()},
        purposes={number: "\n".join(some) for number, some in named.items()},
        tags=tags,
    )
    merging.stage(session, staged)
    counts = merging.judge(
        session, job.site_id, asks=plan.asks_first, is_for_good=work.is_for_good,
        of_lists=work.import_id if plan.has_row_per_list else 0,
    )  # fmt: skip
    ground = Ground(work.import_id, plan.source, plan.basis, plan.frequency, plan.has_row_per_list)
    if not work.is_for_good:
        note_faults(session, work.import_id)
        return counts
    site = session.get_one(Site, job.site_id)
    if plan.asks_first:
        ask(session, site, ground, staged.names, now)
    merging.make(session, site, ground, now)
    return counts


def hold(session: Session, work: Work, position: int) -> Import:
    """The import, ours until the transaction ends. Raises OvertakenError where somebody else moved it."""
    # No key of it changes: who tells faults of this import does not wait.
    mine = session.scalar(
        select(Import)
        .where(Import.id == work.import_id, Import.state == work.state, Import.position == position)
        .with_for_update(key_share=True)
    )
    if mine is None:
        raise OvertakenError
    return mine


def _position(session: Session, work: Work) -> int:
    mine = select(Import.position).where(Import.id == work.import_id, Import.state == work.state)
    position = session.scalar(mine)
    if position is None:
        raise OvertakenError
    return position


def _move(session: Session, work: Work, batch: Batch, begin: int, counts: Counter[str]) -> None:
    mine = hold(session, work, begin)
    mine.position = begin + batch.records
    mine.done_bytes = min(batch.done_bytes, mine.size)
    mine.counts = dict(Counter(mine.counts) + counts)
    mine.touched_at = work.clock()


def _note_bad(session: Session, import_id: int, batch: Batch) -> None:
    rows = [{"import_id": import_id, "line": line, "reason": why, "words": words} for line, why, words in batch.bad]
    if rows:
        session.connection().execute(upsert(session, ImportFault).on_conflict_do_nothing(), rows)
