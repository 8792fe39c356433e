"""Pictures of what happened: letters by day, readers, failures by domain, busy threads; with their numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from notifier.domain.letter import direction
from notifier.stages import sums
from notifier.web.desk import drawing, heeded
from notifier.web.desk.csv_file import Cell, csv_file
from notifier.web.desk.gate import PREFIX, Analyst, scene
from notifier.web.desk.whose import missing, site_id
from notifier.web.edge import LOOKING, Here

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/charts", include_in_schema=False)

DAYS: Final = 30
ROWS: Final = 12
KINDS: Final = ("sent", "failed", "dropped", "expired")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a ranking."""

    label: str
    count: int
    other: int = 0


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst, site: str) -> Response:
    """All of them."""
    here, now = scene(edge, entered, "charts", site), edge.clock()
    ours, days = site_id(edge, site), drawing.days_until(now.date(), DAYS)
    is_rtl = direction(here.language) == "rtl"
    with edge.parts.db.reading() as session:
        letters = sums.letters_by_day(session, ours, days[0])
        readers = sums.history(session, ours, sums.READERS, days[0])
        joined = sums.history(session, ours, sums.JOINED, days[0])
        rankings = {name: ranking(session, ours) for name, ranking in RANKINGS.items()}
        heed = heeded.look(session, ours, days)
    return edge.desk.page(
        "charts",
        here,
        days=days,
        letters=letters,
        readers=readers,
        joined=joined,
        letters_chart=drawing.stacked(days, letters, KINDS, rtl=is_rtl),
        readers_chart=drawing.line(days, readers, rtl=is_rtl),
        rankings=rankings,
        heed=heed,
        by=heeded.BY,
        heed_charts=heed.charts(days, rtl=is_rtl) if heed else {},
        kinds=KINDS,
        sheet=drawing,
        is_rtl=is_rtl,
        moment=lambda day: datetime.fromisoformat(f"{day}T12:00+00:00"),
    )


@router.api_route("/{chart}.csv", methods=LOOKING)
def give(edge: Here, entered: Analyst, site: str, chart: str) -> Response:
    """The numbers of one."""
    del entered
    with edge.parts.db.reading() as session:
        found = table(session, site_id(edge, site), chart, edge.clock().date())
    if found is None:
        raise missing()
    return csv_file(f"{site}-{chart}", *found)


def table(session: Session, ours: int, chart: str, today: date) -> heeded.Table | None:
    """The numbers of one chart, its columns' names first; None where there is no such chart."""
    days = drawing.days_until(today, DAYS)
    if chart == "letters":
        found, names = sums.letters_by_day(session, ours, days[0]), ("planned", *KINDS)
        return ("day", *names), [(day, *(found.get(day, {}).get(one, 0) for one in names)) for day in days]
    if chart == "readers":
        return ("day", "readers", "joined"), list(_readers(session, ours, days))
    if chart in RANKINGS:
        ranked = [(one.label, one.count, one.other) for one in RANKINGS[chart](session, ours)]
        return HEADS[chart], [row[: len(HEADS[chart])] for row in ranked]
    return heeded.table(session, ours, chart, days)


def _readers(session: Session, ours: int, days: Sequence[str]) -> Iterator[Sequence[Cell]]:
    readers = sums.history(session, ours, sums.READERS, days[0])
    joined = sums.history(session, ours, sums.JOINED, days[0])
    yield from ((day, readers.get(day), joined.get(day)) for day in days)


def _categories(session: Session, ours: int) -> list[Row]:
    kept = sums.latest(session, ours, sums.TOPIC, ROWS)
    labels = sums.labels(session, [one.name for one in kept])
    return [Row(labels.get(one.name, one.name), one.count) for one in kept]


def _domains(session: Session, ours: int) -> list[Row]:
    return [Row(one.name, one.count) for one in sums.latest(session, ours, sums.DOMAIN, ROWS)]


def _threads(session: Session, ours: int) -> list[Row]:
    kept = sums.latest(session, ours, sums.COMMENTS, ROWS)
    letters = {one.name: one.count for one in sums.latest(session, ours, sums.LETTERS, sums.KEPT_MOST)}
    titles = sums.titles(session, [one.name for one in kept])
    return [Row(titles.get(one.name, one.name), one.count, letters.get(one.name, 0)) for one in kept]


RANKINGS: Final[dict[str, Callable[[Session, int], list[Row]]]] = {
    "categories": _categories,
    "domains": _domains,
    "threads": _threads,
}
HEADS: Final = {
    "categories": ("category", "subscriptions"),
    "domains": ("domain", "failed"),
    "threads": ("thread", "comments", "letters"),
}
