"""What Prometheus is told: the books, the runs that are under way, and the queues, as they are at this moment."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from notifier.domain.balance import Page
from notifier.domain.words import Lane, State
from notifier.feedback import alarms, handing
from notifier.models import Delivery, Lease
from notifier.stages import books
from notifier.stages.books import Key
from notifier.tally import PAGED
from notifier.web.edge import Edge

_BY_LANE: Final = "Deliveries by lane and state"
_ENDED: Final = "Deliveries that ended without being sent, by state and reason"
_ALARM: Final = "What came back speaks against an account or stream: 1 for an open alarm, 2 where it is halted"
_OFF: Final = "Letters planned that are in no state, page by page; 0 when the books balance"
_UP: Final = "Whether letters leave through an account"
_RUNS: Final = "Runs and alerts that have open letters"
_OF_RUNS: Final = "Letters of those runs and alerts by state; `planned` is the sum of the others"


class Figures(Collector):
    """Counted in the database when somebody asks; what ended is not counted again."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def collect(self) -> Iterator[Metric]:
        """Each figure once."""
        try:
            found = list(self._books())
        except SQLAlchemyError:
            found = []
        yield GaugeMetricFamily("notifier_database_up", "Whether the database answers", value=float(bool(found)))
        yield from found
        yield from self._queues()
        family = GaugeMetricFamily(
            "notifier_account_up", "Whether letters leave through an account", labels=["account"]
        )
        for account, state in self._edge.parts.accounts.states().items():
            family.add_metric([account], float(state.is_up))
        yield family

    def _books(self) -> Iterator[Metric]:
        with self._edge.parts.db.reading() as session:
            pages = books.pages(session)
            yield from _deliveries(pages)
            yield from _under_way(session, pages)
            yield from self._ages(session)
            waiting = handing.waiting(session)
            yield GaugeMetricFamily("notifier_replies_waiting", "Replies by mail that their sites lack", waiting)
            yield from self._alarms(session)

    def _alarms(self, session: Session) -> Iterator[Metric]:
        now = self._edge.clock()
        family = GaugeMetricFamily("notifier_alarm", _ALARM, labels=["about"])
        for alarm in alarms.open_alarms(session):
            family.add_metric([alarm.about], 2.0 if alarm.halted_until and alarm.halted_until > now else 1.0)
        yield family

    def _ages(self, session: Session) -> Iterator[Metric]:
        now = self._edge.clock()
        oldest = session.scalar(select(func.min(Delivery.created_at)).where(Delivery.state == State.QUEUED))
        swept = session.scalar(select(func.max(Lease.last_sweep_at)))
        age = 0.0 if oldest is None else (now - oldest).total_seconds()
        yield GaugeMetricFamily("notifier_oldest_queued_age_seconds", "Of the oldest queued delivery; 0 for none", age)
        age = math.nan if swept is None else (now - swept).total_seconds()
        yield GaugeMetricFamily("notifier_last_sweep_age_seconds", "Since the last sweep; NaN before the first", age)

    def _queues(self) -> Iterator[Metric]:
        depths = self._edge.parts.depths()
        yield GaugeMetricFamily("notifier_redis_up", "Whether Redis answers", value=float(depths is not None))
        family = GaugeMetricFamily("notifier_queue_depth", "Nudges that wait in Redis", labels=["lane"])
        for lane, depth in (depths or {}).items():
            family.add_metric([lane.value], depth)
        yield family


def _deliveries(pages: Mapping[Key, Page]) -> Iterator[Metric]:
    lanes = Counter[tuple[Lane, State]]()
    for (kind, _), page in pages.items():
        for state in State:
            lanes[kind.lane, state] += getattr(page.balance, state.value)
    yield _family("notifier_deliveries", _BY_LANE, ("lane", "state"), [one for one in lanes.items() if one[1]])
    ended = [((state, reason), count) for (state, reason), count in books.whole(pages).ended.items() if reason]
    yield _family("notifier_deliveries_ended", _ENDED, ("state", "reason"), ended)
    # Page by page: a letter that one page lacks does not make up for one that another has too many.
    off = sum(abs(page.balance.off) for page in pages.values())
    yield GaugeMetricFamily("notifier_books_off", _OFF, float(off))


def _under_way(session: Session, pages: Mapping[Key, Page]) -> Iterator[Metric]:
    """By kind and frequency, never by id: as many series as there are words, however many runs there are."""
    open_ = {key: page.balance for key, page in pages.items() if key[0] in PAGED and page.balance.open}
    often = books.frequencies(session, open_)
    runs, letters = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for key, balance in open_.items():
        what = key[0].value, often[key].value
        runs[what] += 1
        for state, count in asdict(balance).items():
            letters[*what, state] += count
    yield _family("notifier_open_runs", _RUNS, ("kind", "frequency"), runs.items())
    yield _family("notifier_open_run_deliveries", _OF_RUNS, ("kind", "frequency", "state"), letters.items())


def _family(
    name: str, about: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], int]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for label, value in sorted(values):
        family.add_metric([str(one) for one in label], value)
    return family
