"""Pages that only a development machine has: the inbox, and the sample site's pictures."""

from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from notifier.embedded.inbox import Inbox
from notifier.embedded.sample import picture
from notifier.web import inbox


def router(inbox_path: Path) -> APIRouter:
    """The pages of the inbox kept in this file, and `/sample/{name}.png`."""
    made = APIRouter(include_in_schema=False)
    made.include_router(inbox.router(Inbox(inbox_path)))
    made.add_api_route("/sample/{name}.png", _picture, methods=["GET", "HEAD"])
    return made


def _picture(name: str) -> Response:
    body = picture(name)
    if body is None:
        raise HTTPException(404)
    return Response(body, media_type="image/png", headers={"Cache-Control": "public, max-age=86400"})
