"""Opens and clicks on the page of charts: by day and by send, as figures and as files; nothing where they are off."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain.traces import TraceKind, Tracking
from notifier.domain.words import LetterKind
from notifier.feedback import heed
from notifier.feedback.heed import Sum
from notifier.models import Site
from notifier.stages import sends
from notifier.stages.sends import Send
from notifier.web.desk import drawing
from notifier.web.desk.csv_file import Cell
from notifier.web.desk.drawing import Chart

SENDS: Final = 12
BY: Final[Mapping[TraceKind, tuple[str, ...]]] = {
    TraceKind.OPEN: ("people", "apple", "machines"),
    TraceKind.CLICK: ("people", "machines"),
}
"""Who is told apart, from the foot of a column up. Apple's proxy loads pictures and follows no links."""
CHARTS: Final = {"opens": TraceKind.OPEN, "clicks": TraceKind.CLICK}
_OF_SENDS: Final = "opened"
_NONE: Final = Sum()

Table = tuple[Sequence[str], list[Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Heeded:
    """An issue or a digest, and what became of it."""

    send: Send
    opens: Sum
    clicks: Sum

    @property
    def letters(self) -> int:
        """That were delivered, which rates are of."""
        return self.send.page.balance.sent

    @property
    def rates(self) -> tuple[float | None, float | None]:
        """Opens and clicks by people, for each hundred letters."""
        return self.opens.per_hundred(self.letters), self.clicks.per_hundred(self.letters)


@dataclass(frozen=True, slots=True)
class Heed:
    """What a site's readers did with its letters lately."""

    tracking: Tracking
    days: Mapping[TraceKind, Mapping[str, Sum]]
    sends: Sequence[Heeded]

    def charts(self, days: Sequence[str], *, rtl: bool) -> dict[str, tuple[Chart, TraceKind]]:
        """A chart each of opens and of clicks."""
        return {
            name: (drawing.stacked(days, _numbers(self.days[kind]), BY[kind], rtl=rtl), kind)
            for name, kind in CHARTS.items()
        }

    def of_day(self, kind: TraceKind, day: str) -> list[int]:
        """The numbers of one day, in the order of `BY`."""
        return _told(self.days[kind].get(day, _NONE), kind)


def look(session: Session, site_id: int, days: Sequence[str]) -> Heed | None:
    """What was counted on these days, and of the latest issues and digests; None where the site counts nothing."""
    tracking = policy(session, site_id)
    if tracking is Tracking.OFF:
        return None
    return Heed(tracking, heed.by_day(session, site_id, days[0]), latest(session, site_id))


def policy(session: Session, site_id: int) -> Tracking:
    """What the site may learn."""
    return session.scalars(select(Site.tracking).where(Site.id == site_id)).one()


def latest(session: Session, site_id: int) -> list[Heeded]:
    """The latest issues and digests, the newest first."""
    found = sends.sends(session, site_id, most=SENDS, kinds=(LetterKind.ISSUE, LetterKind.DIGEST))
    sums = heed.by_send(session, site_id, [(one.key.kind, one.key.about_id) for one in found])
    of = [(one, sums.get((one.key.kind, one.key.about_id), {})) for one in found]
    return [Heeded(one, them.get(TraceKind.OPEN, _NONE), them.get(TraceKind.CLICK, _NONE)) for one, them in of]


def table(session: Session, site_id: int, name: str, days: Sequence[str]) -> Table | None:
    """The numbers of one of the charts, or of the table, as a file has them; None where there is no such file."""
    if name not in {*CHARTS, _OF_SENDS} or policy(session, site_id) is Tracking.OFF:
        return None
    if name == _OF_SENDS:
        return _sends(latest(session, site_id))
    kind = CHARTS[name]
    found = heed.by_day(session, site_id, days[0])[kind]
    return ("day", *BY[kind]), [(day, *_told(found.get(day, _NONE), kind)) for day in days]


def _sends(found: Sequence[Heeded]) -> Table:
    numbers = [f"{chart}_{who}" for chart, kind in CHARTS.items() for who in BY[kind]]
    rates = [f"{chart}_per_hundred" for chart in CHARTS]
    rows: list[Sequence[Cell]] = [
        (one.send.key.slug, one.send.title, one.send.at, one.letters, *_told(one.opens, TraceKind.OPEN),
         *_told(one.clicks, TraceKind.CLICK), *one.rates)
        for one in found
    ]  # fmt: skip
    return ("send", "title", "at", "delivered", *numbers, *rates), rows


def _numbers(days: Mapping[str, Sum]) -> dict[str, dict[str, int]]:
    return {day: asdict(one) for day, one in days.items()}


def _told(one: Sum, kind: TraceKind) -> list[int]:
    return [getattr(one, who) for who in BY[kind]]
