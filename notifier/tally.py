"""The running count behind the books: kept where letters are planned and end, so that reading it costs next to nothing.

Without it every look at `/metrics` would count all letters ever sent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sqlalchemy import String, Update, case, delete, false, func, insert, select, type_coerce
from sqlalchemy.orm import Session

from notifier.db import is_server, upsert
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Tally

PLANNED: Final = "planned"
PAGED: Final = frozenset({LetterKind.ALERT, LetterKind.DIGEST, LetterKind.ISSUE, LetterKind.CORRECTION})
"""Letters that have a page for what they are about; there are as many confirmations and replies as there are people."""


class Line(NamedTuple):
    """What one count is of."""

    site_id: int
    kind: LetterKind
    about_id: int
    entry: str
    """`planned` or a state."""
    reason: str = ""


_LINE: Final = (
    Delivery.site_id,
    Delivery.kind,
    case((Delivery.kind.in_(PAGED), Delivery.about_id), else_=0).label("about_id"),
    type_coerce(Delivery.state, String).label("entry"),
    func.coalesce(type_coerce(Delivery.reason, String), "").label("reason"),
)
"""The line that a delivery counts on once it has ended."""


def plan(session: Session, site_id: int, kind: LetterKind, planned: Mapping[int, int]) -> None:
    """Note how many deliveries were planned, by what they are about."""
    _add(session, [(Line(site_id, kind, about, PLANNED), count) for about, count in planned.items()])


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
        .returning(Tally.site_id, Tally.kind, Tally.about_id, Tally.entry, Tally.reason, Tally.count)
    ).all()
    sums = Counter[Line]()
    for site, kind, about, entry, reason, count in gone:
        sums[Line(site, kind, about, entry, reason)] += count
    if sums:
        fresh = upsert(session, Tally)
        session.execute(
            fresh.on_conflict_do_update(
                index_elements=list(Line._fields),
                index_where=Tally.is_sum,
                set_={"count": Tally.count + fresh.excluded.count},
            ),
            _rows(sums, is_sum=True),
        )
    return len(gone)


def _add(session: Session, counts: Iterable[tuple[Line, int]]) -> None:
    sums = Counter[Line]()
    for line, count in counts:
        sums[line if line.kind in PAGED else line._replace(about_id=0)] += count
    if sums:
        session.execute(insert(Tally), _rows(sums, is_sum=False))


def _rows(sums: Mapping[Line, int], *, is_sum: bool) -> list[dict[str, object]]:
    # Always in one order: two that add up at once wait for each other, and do not lock each other out.
    return [{**line._asdict(), "count": sums[line], "is_sum": is_sum} for line in sorted(sums)]
