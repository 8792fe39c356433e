"""For machines that watch: is the process up, can it work, and how is the work going."""

import math
from collections.abc import Iterator
from http import HTTPStatus

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from notifier import migrate
from notifier.domain.words import State
from notifier.models import Delivery, Lease
from notifier.web.edge import LOOKING, Edge, Here

router = APIRouter(include_in_schema=False)


@router.api_route("/health", methods=LOOKING)
def health() -> JSONResponse:
    """The process answers."""
    return _say({"ok": True})


@router.api_route("/ready", methods=LOOKING)
def ready(edge: Here) -> JSONResponse:
    """The database answers at the schema of this version, and Redis answers; 503 with what does not."""
    has_schema = _has_schema(edge)
    checks = {"database": has_schema is not None, "schema": bool(has_schema), "redis": edge.parts.depths() is not None}
    is_ready = all(checks.values())
    return _say({"ok": is_ready, **checks}, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.api_route("/metrics", methods=LOOKING)
def metrics(edge: Here) -> Response:
    """Prometheus text: what the database says at this moment, then this process's own counter."""
    books = CollectorRegistry(auto_describe=False)
    books.register(_Books(edge))
    text = generate_latest(books) + generate_latest(REGISTRY)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class _Books(Collector):
    """The books, counted in the database when somebody asks."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def collect(self) -> Iterator[Metric]:
        """Each figure once."""
        try:
            books = list(self._deliveries())
        except SQLAlchemyError:
            books = []
        yield GaugeMetricFamily("notifier_database_up", "Whether the database answers", value=float(bool(books)))
        yield from books
        yield from self._queues()
        family = GaugeMetricFamily(
            "notifier_account_up", "Whether letters leave through an account", labels=["account"]
        )
        for account, state in self._edge.parts.accounts.states().items():
            family.add_metric([account], float(state.is_up))
        yield family

    def _deliveries(self) -> Iterator[Metric]:
        now = self._edge.clock()
        with self._edge.parts.db.reading() as session:
            counts = session.execute(
                select(Delivery.lane, Delivery.state, func.count()).group_by(Delivery.lane, Delivery.state)
            )
            family = GaugeMetricFamily("notifier_deliveries", "Deliveries by lane and state", labels=["lane", "state"])
            for lane, state, count in counts:
                family.add_metric([lane.value, state.value], count)
            oldest = session.scalar(select(func.min(Delivery.created_at)).where(Delivery.state == State.QUEUED))
            swept = session.scalar(select(func.max(Lease.last_sweep_at)))
        yield family
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


def _has_schema(edge: Edge) -> bool | None:
    """Whether the schema is this version's; None where the database does not answer."""
    try:
        return migrate.is_current(edge.parts.db.url)
    except SQLAlchemyError:
        return None


def _say(body: dict[str, bool], status: int = HTTPStatus.OK) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
