"""What an import shows: how far it has come, and what became of the rows."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from notifier.cli.words import console_err
from notifier.domain.takeover import Skip
from notifier.sources.wpdiscuz.table import Table as Source
from notifier.takeover import Count


class Bar:
    """A progress bar for each table, on standard error."""

    def __init__(self, tables: Sequence[Source]) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console_err)
        self._tasks: dict[str, TaskID] = {
            table.name: self._progress.add_task(table.name, total=max(1, table.size)) for table in tables
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def advance(self, table: Source, done: int) -> None:
        """A table is read up to here."""
        self._progress.update(self._tasks[table.name], completed=done)


def table_of(counts: Mapping[str, Count]) -> Table:
    """Found, taken and left out by reason, a column a table."""
    shown = Table("", *(Column(name, justify="right", overflow="fold") for name in counts), title="readers taken over")
    found = list(counts.values())
    rows = [
        ("found", [one.found for one in found]),
        ("taken", [one.taken for one in found]),
        ("  of articles not known yet", [one.waiting for one in found]),
        ("taken before", [one.already for one in found]),
        ("left out", [one.skipped.total() for one in found]),
        *((f"  {why}", [one.skipped[why] for one in found]) for why in Skip if any(one.skipped[why] for one in found)),
    ]
    for name, numbers in rows:
        shown.add_row(name, *(f"{number:,}" for number in numbers))
    return shown
