"""Where a provider hands us mail: raw, signed, and taken once."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from notifier.mailroom.hook import heed
from notifier.web.edge import Here
from notifier.web.wire import INBOUND_PATH, raw

router = APIRouter(include_in_schema=False)


@router.post(INBOUND_PATH)
def take(request: Request, edge: Here, body: Annotated[bytes, Depends(raw)]) -> JSONResponse:
    """Take a raw mail in: 200 with what became of it, 401 for whatever was not signed just now.

    A refused mail is a 200 too: to send it again would be of no use.
    """
    verdict = heed(edge.parts, request.headers, body, edge.clock())
    if verdict is None:
        return _answer(HTTPStatus.UNAUTHORIZED, "unsigned")
    if not verdict.is_ours:
        return _answer(HTTPStatus.OK, "unknown")
    refused = verdict.refusal.value if verdict.refusal else "" if verdict.is_readable else "unreadable"
    return _answer(HTTPStatus.OK, "refused" if refused else "taken", refused)


def _answer(status: int, outcome: str, reason: str = "") -> JSONResponse:
    told = {"outcome": outcome, **({"reason": reason} if reason else {})}
    return JSONResponse(told, status, headers={"Cache-Control": "no-store"})
