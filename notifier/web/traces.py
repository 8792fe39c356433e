"""The links and the pixel of letters that are counted: they lead on at once, and the count follows by itself."""

import hashlib
from base64 import b64decode
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier.domain.onlookers import by_request
from notifier.domain.traces import TraceKind
from notifier.trail import Seen
from notifier.web.edge import LOOKING, Edge, Here
from notifier.web.problems import Problem

router = APIRouter(include_in_schema=False)

PIXEL: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.api_route("/c/{token}", methods=LOOKING)
def follow(request: Request, edge: Here, token: str, r: str = "") -> Response:
    """Lead on to the address in the token: the one the letter was written with, and no other."""
    found = edge.parts.tracks.read_link(token)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    letter_id, url = found
    _note(request, edge, TraceKind.CLICK, letter_id, r, url)
    return RedirectResponse(url, HTTPStatus.FOUND, headers=_HEADERS)


@router.api_route("/o/{token}", methods=LOOKING)
def opened(request: Request, edge: Here, token: str, r: str = "") -> Response:
    """The smallest picture there is."""
    letter_id = edge.parts.tracks.read_pixel(token)
    if letter_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    _note(request, edge, TraceKind.OPEN, letter_id, r)
    return Response(PIXEL, media_type="image/gif", headers=_HEADERS)


def _note(request: Request, edge: Edge, kind: TraceKind, letter_id: int, reader: str, link: str = "") -> None:
    at = edge.clock()
    edge.parts.trail.put(
        Seen(
            kind=kind,
            letter_id=letter_id,
            at=at.timestamp(),
            onlooker=by_request(kind, request.method, request.headers.get("user-agent", "")),
            delivery_id=edge.parts.tracks.read_reader(letter_id, reader),
            link=link,
            asker=_asker(edge, request, f"{at:%Y-%m-%d}"),
        )
    )


def _asker(edge: Edge, request: Request, day: str) -> str:
    key = hashlib.sha256(edge.parts.settings.secret_key.get_secret_value().encode()).digest()
    told = f"{day} {edge.proxies.client_ip(request)}"
    return hashlib.blake2b(told.encode(), key=key, digest_size=8).hexdigest()
