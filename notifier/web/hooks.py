"""Where sites say that they have news: signed, once, and never believed further than that."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from notifier.polling.hook import heed
from notifier.web.edge import Here
from notifier.web.wire import raw

router = APIRouter(include_in_schema=False)


@router.post("/hooks/wordpress/{source_id}")
def wordpress(request: Request, edge: Here, source_id: int, body: Annotated[bytes, Depends(raw)]) -> JSONResponse:
    """Take note that a site has news: 202, and 401 for whatever its site did not sign just now."""
    is_ours = heed(edge.parts, source_id, request.headers, body, edge.clock())
    status = HTTPStatus.ACCEPTED if is_ours else HTTPStatus.UNAUTHORIZED
    return JSONResponse({"ok": is_ours}, status, headers={"Cache-Control": "no-store"})
