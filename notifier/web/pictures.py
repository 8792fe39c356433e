"""Pictures of letters that come through us: fetched from where they are, for addresses we have signed only."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from notifier.domain.pictures import PATH, PURPOSE
from notifier.sources.fetch import Fetcher, FetchRefused
from notifier.web.edge import LOOKING, Here

BYTES_MAX: Final = 3_000_000
"""Of one picture; a mail client loads them all at once."""
KEPT_BYTES: Final = 24_000_000
AT_ONCE: Final = 8
"""Fetches; a slow host must not keep all of our threads."""
WAIT_S: Final = 5.0
_KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
}
FOUND: Final = {**_HEADERS, "Cache-Control": "public, max-age=604800"}
MISSING: Final = {**_HEADERS, "Cache-Control": "public, max-age=300"}

Get = Callable[[str], bytes]


class Shelf:
    """The pictures fetched last, and what was in vain; safe for threads."""

    def __init__(self, fetch: Get) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def get(self, url: str) -> bytes | None:
        """The picture; None where there is no fetching it now."""
        with self._lock:
            if url in self._kept:
                self._kept.move_to_end(url)
                return self._kept[url]
        if not self._places.acquire(timeout=WAIT_S):
            return None
        try:
            picture = self._fetch(url)
        except FetchRefused:
            return None
        finally:
            self._places.release()
        self._keep(url, picture)
        return picture

    def _keep(self, url: str, picture: bytes) -> None:
        with self._lock:
            self._kept[url] = picture
            while sum(map(len, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)


def kind_of(picture: bytes) -> str:
    """The type of a picture that mail clients show, by its first bytes; "" for anything else, scripts in SVG too."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if picture.startswith(start)), "")


def router(fetcher: Fetcher) -> APIRouter:
    """The route, with a shelf of its own."""
    fetch = replace(fetcher, bytes_max=min(fetcher.bytes_max, BYTES_MAX), accept="image/*")
    shelf = Shelf(lambda url: fetch.get(url).body)
    made = APIRouter(include_in_schema=False)

    @made.api_route(f"{PATH}{{token}}", methods=LOOKING)
    def show(edge: Here, token: str) -> Response:
        """A picture; nothing for an address that we have not signed, or that leads to none."""
        url = edge.parts.signer.open(PURPOSE, token)
        picture = shelf.get(url) if url else None
        kind = kind_of(picture) if picture else ""
        if not picture or not kind:
            return Response(status_code=HTTPStatus.NOT_FOUND, headers=MISSING)
        return Response(picture, media_type=kind, headers=FOUND)

    return made
