"""The running count behind the books: kept where letters are planned and end, so that reading it costs next to nothing.

Without it every look at `/metrics` would count all letters ever sent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    FunctionElement,
    String,
    Update,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    null,
    select,
    true,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.db import is_server, upsert
from notifier.domain.words import LetterKind, State
from notifier.models import Delivery, Tally

PLANNED: Final = "planned"
PAGED: Final = frozenset({LetterKind.ALERT, LetterKind.DIGEST, LetterKind.ISSUE, LetterKind.CORRECTION})
"""Letters that have a page for what they are about; there are as many confirmations and replies as there are people."""


class Line(NamedTuple):
    """What one count is of."""

    site_id: int
    kind: LetterKind
    about_id: int
    day: str
    """On which it was planned."""
    entry: str
    """`planned` or a state."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Deliveries that were planned together; their ids lie between these two."""

    site_id: int
    kind: LetterKind
    at: datetime
    first_id: int
    last_id: int


class DayOf(FunctionElement[str]):
    """The day of a moment in UTC, such as `2026-11-23`."""

    type = String()
    inherit_cache = True


@compiles(DayOf, "postgresql")
def _day_on_postgresql(element: DayOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@compiles(DayOf, "sqlite")
def _day_on_sqlite(element: DayOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


def day_of(at: datetime) -> str:
    """The same, of a moment at hand."""
    return at.astimezone(UTC).date().isoformat()


_LINE: Final = (
    Delivery.site_id,
    Delivery.kind,
    case((Delivery.kind.in_(PAGED), Delivery.about_id), else_=0).label("about_id"),
    DayOf(Delivery.created_at).label("day"),
    type_coerce(Delivery.state, String).label("entry"),
    func.coalesce(type_coerce(Delivery.reason, String), "").label("reason"),
)
"""The line that a delivery counts on once it has ended."""


def plan(session: Session, batch: Batch, planned: Mapping[int, int]) -> None:
    """Note how many deliveries were planned, by what they are about."""
    day = day_of(batch.at)
    lines = [(Line(batch.site_id, batch.kind, about, day, PLANNED), count) for about, count in planned.items()]
    _add(session, lines, (batch.first_id, batch.last_id))


def end(session: Session, ending: Update) -> int:
    """Run an UPDATE of deliveries that ends them, and count what it did; gives how many.

    PostgreSQL does so in one statement, and sends no row of it here.
    """
    touched = ending.returning(*_LINE)
    if not is_server(session):
        lines = [Line(*row) for row in session.execute(touched)]
        _add(session, [(line, 1) for line in lines])
        return len(lines)
    ended = touched.cte("ended")
    counts = select(*ended.c, func.count(), false()).group_by(*ended.c)
    noted = insert(Tally).from_select([*Line._fields, "count", "is_sum"], counts).returning(Tally.count).cte("noted")
    return int(session.scalar(select(func.sum(noted.c["count"]))) or 0)


def take_back(session: Session, lines: Iterable[Line]) -> None:
    """Take off the count what had ended and is queued again: a line a delivery, as it was when it had ended."""
    _add(session, [(line, -1) for line in lines])


def squeeze(session: Session) -> int:
    """Add up what came since the last time; gives how many rows that were."""
    gone = session.execute(
        delete(Tally)
        .where(~Tally.is_sum)
        .returning(*(getattr(Tally, name) for name in Line._fields), Tally.count, Tally.first_id, Tally.last_id)
    ).all()
    sums, spans = Counter[Line](), dict[Line, tuple[int, int]]()
    for *names, count, first, last in gone:
        line = Line(*names)
        sums[line] += count
        if first and last:
            least, most = spans.get(line, (first, last))
            spans[line] = min(least, first), max(most, last)
    if sums:
        fresh = upsert(session, Tally)
        session.execute(
            fresh.on_conflict_do_update(
                index_elements=list(Line._fields),
                index_where=Tally.is_sum,
                set_={
                    "count": Tally.count + fresh.excluded.count,
                    "first_id": case(
                        (Tally.first_id < fresh.excluded.first_id, Tally.first_id), else_=fresh.excluded.first_id
                    ),
                    "last_id": case(
                        (Tally.last_id > fresh.excluded.last_id, Tally.last_id), else_=fresh.excluded.last_id
                    ),
                },
            ),
            _rows(sums, spans, is_sum=True),
        )
    return len(gone)


def _add(session: Session, counts: Iterable[tuple[Line, int]], span: tuple[int, int] | None = None) -> None:
    sums = Counter[Line]()
    for line, count in counts:
        sums[line if line.kind in PAGED else line._replace(about_id=0)] += count
    if sums:
        session.execute(insert(Tally), _rows(sums, dict.fromkeys(sums, span) if span else {}, is_sum=False))


def _rows(sums: Mapping[Line, int], spans: Mapping[Line, tuple[int, int]], *, is_sum: bool) -> list[dict[str, object]]:
    # Always in one order: two that add up at once wait for each other, and do not lock each other out.
    nowhere = None, None
    return [
        {**line._asdict(), "count": sums[line], "is_sum": is_sum, "first_id": first, "last_id": last}
        for line in sorted(sums)
        for first, last in [spans.get(line, nowhere)]
    ]


def rebuild(session: Session) -> None:
    """Make the running count anew from the deliveries themselves, while nobody plans or sends."""
    session.execute(delete(Tally))
    names = [*Line._fields, "count", "is_sum", "first_id", "last_id"]
    planned = _LINE[:-2]
    spans = func.min(Delivery.id), func.max(Delivery.id)
    of_planned = select(*planned, literal(PLANNED), literal(""), func.count(), true(), *spans).group_by(*planned)
    session.execute(insert(Tally).from_select(names, of_planned))
    is_over = Delivery.state.not_in([State.QUEUED, State.SENDING])
    of_ended = select(*_LINE, func.count(), true(), null(), null()).where(is_over).group_by(*_LINE)
    session.execute(insert(Tally).from_select(names, of_ended))
