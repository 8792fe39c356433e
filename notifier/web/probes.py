"""For machines that watch: is the process up, can it work, and how is the work going."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from notifier import migrate
from notifier.web.edge import LOOKING, Edge, Here
from notifier.web.figures import Figures

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
    books.register(Figures(edge))
    text = generate_latest(books) + generate_latest(REGISTRY)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _has_schema(edge: Edge) -> bool | None:
    """Whether the schema is this version's; None where the database does not answer."""
    try:
        return migrate.is_current(edge.parts.db.url)
    except SQLAlchemyError:
        return None


def _say(body: dict[str, bool], status: int = HTTPStatus.OK) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
