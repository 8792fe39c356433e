"""Where providers tell what became of letters: proven, once, and only of letters that were made."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from notifier.domain.returns.providers import READERS
from notifier.mailroom import providers
from notifier.web.edge import Here
from notifier.web.wire import raw

router = APIRouter(include_in_schema=False)


@router.post("/api/v1/feedback/{provider}")
def take(request: Request, edge: Here, provider: str, body: Annotated[bytes, Depends(raw)]) -> JSONResponse:
    """Take in what a provider tells: 200 with how much was new, 401 for whatever it has not proven, 404 for another."""
    if provider not in READERS:
        return _answer(HTTPStatus.NOT_FOUND, {"outcome": "unknown_provider"})
    heeded = providers.heed(edge.parts, provider, providers.Request(request.headers, body, edge.clock()))
    if heeded is None:
        return _answer(HTTPStatus.UNAUTHORIZED, {"outcome": "unproven"})
    return _answer(HTTPStatus.OK, {"outcome": "taken", **asdict(heeded)})


def _answer(status: int, told: dict[str, object]) -> JSONResponse:
    return JSONResponse(told, status, headers={"Cache-Control": "no-store"})
