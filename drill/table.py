"""How the drill shows itself: a table while it runs, the same in Markdown for the documentation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from drill.sends import Row, Stage

COLUMNS: Final = ("fault", "times", "planned", "sent", "refused", "lost", "twice", "may be", "balanced", "seconds")
OPENS, CLOSES = "<!-- drill -->", "<!-- /drill -->"


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table; a dash where there is no answer (yet)."""
    found = row.verdict
    if found is None:
        return (row.fault.name, str(row.strikes or "–"), f"{row.stage}, {row.arrived:,} came", *["–"] * 7)
    counts = (found.planned, found.sent, found.refused, found.lost, found.doubled, row.may_double)
    balanced = "yes" if found.balanced else "NO"
    return (row.fault.name, str(row.strikes), *(f"{one:,}" for one in counts), balanced, f"{row.seconds:.1f}")


def shown(rows: Sequence[Row]) -> Table:
    """For the terminal."""
    made = Table(title="notifier drill", title_justify="left")
    for column in COLUMNS:
        made.add_column(column, justify="left" if column == "fault" else "right", no_wrap=column == "fault")
    for row in rows:
        is_through = row.stage in {Stage.DONE, Stage.IMPOSSIBLE}
        made.add_row(*cells(row), style="dim" if not is_through else None if row.is_kept else "red")
    return made


def markdown(rows: Sequence[Row], where: str) -> str:
    """For docs/reliability.md."""
    lines = [COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1)), *(cells(row) for row in rows)]
    return "\n".join([where, "", *(f"| {' | '.join(line)} |" for line in lines)])


def write(path: Path, text: str) -> None:
    """Put it between the two marks of a document. Raises ValueError where they are not."""
    document = path.read_text(encoding="utf-8")
    before, opens, rest = document.partition(OPENS)
    _, closes, after = rest.partition(CLOSES)
    if not opens or not closes:
        raise ValueError(f"{path} has no {OPENS} … {CLOSES}")
    path.write_text(f"{before}{OPENS}\n{text}\n{CLOSES}{after}", encoding="utf-8")


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """The totals and the rows, as JSON has it."""
    found = [row.verdict for row in rows if row.verdict]
    return {
        "planned": sum(one.planned for one in found),
        "sent": sum(one.sent for one in found),
        "refused": sum(one.refused for one in found),
        "lost": sum(one.lost for one in found),
        "duplicated": sum(one.doubled for one in found),
        "kills": sum(row.strikes for row in rows if row.fault.is_kill),
        "balanced": all(one.balanced for one in found),
        "kept": all(row.is_kept for row in rows),
        "faults": [_figures(row) for row in rows],
    }


def _figures(row: Row) -> dict[str, Any]:
    found = row.verdict
    return {
        "fault": row.fault.name,
        "stage": row.stage.value,
        "strikes": row.strikes,
        "connections": row.connections,
        "planned": found and found.planned,
        "sent": found and found.sent,
        "refused": found and found.refused,
        "lost": found and found.lost,
        "duplicated": found and found.doubled,
        "duplicates_allowed": row.may_double,
        "balanced": found and found.balanced,
        "kept": row.is_kept,
        "struck": row.struck,
        "seconds": round(row.seconds, 1),
    }
