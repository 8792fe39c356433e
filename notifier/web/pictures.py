"""Pictures of letters that come through us: fetched from where they are, for addresses we have signed only."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Response

from notifier.domain.pictures import PATH, PURPOSE
from notifier.sources.fetch import Fetcher, FetchRefused
from notifier.web.edge import LOOKING, Here

BYTES_MAX: Final = 3_000_000
"""Of one picture; a mail client loads them all at once."""
KEPT_BYTES: Final = 24_000_000
AT_ONCE: Final = 8
"""Fetches; a slow host must not keep all of our threads."""
PER_HOST: Final = AT_ONCE // 2
WAIT_S: Final = 5.0
IN_VAIN_S: Final = 300
IN_VAIN_MOST: Final = 2_000
"""Addresses that led to no picture, remembered at once."""
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
MISSING: Final = {**_HEADERS, "Cache-Control": f"public, max-age={IN_VAIN_S}"}

Get = Callable[[str], bytes]
router = APIRouter(include_in_schema=False)


class Shelf:
    """The pictures fetched last, and for a while what was asked for in vain; safe for threads.

    A letter's addresses are public: whoever has one may ask for it without end. So each is fetched by one thread at a
    time, a failure is not tried again for as long as its answer may be kept, and no host holds more than half of the
    places. Not counted by who asks: mail providers fetch for all of their readers from a few addresses.
    """

    def __init__(self, fetch: Get, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._in_vain: OrderedDict[str, float] = OrderedDict()
        self._under_way: dict[str, str] = {}
        """Address -> host."""
        self._free = threading.Condition()

    def get(self, url: str) -> bytes | None:
        """The picture; None where there is no fetching it now."""
        host = urlsplit(url).netloc
        with self._free:
            if not self._free.wait_for(lambda: self._is_settled(url) or self._has_room(url, host), WAIT_S):
                return None
            if self._is_settled(url):
                return self._known(url)
            self._under_way[url] = host
        picture = b""
        try:
            picture = self._fetch(url)
        except FetchRefused:
            return None
        finally:
            with self._free:
                self._settle(url, picture)
                self._free.notify_all()
        return picture if kind_of(picture) else None

    def _is_settled(self, url: str) -> bool:
        return url in self._kept or self._in_vain.get(url, 0) > self._clock()

    def _has_room(self, url: str, host: str) -> bool:
        hosts = [*self._under_way.values()]
        return url not in self._under_way and len(hosts) < AT_ONCE and hosts.count(host) < PER_HOST

    def _settle(self, url: str, picture: bytes) -> None:
        del self._under_way[url]
        if kind_of(picture):
            self._keep(url, picture)
        else:
            self._give_up(url)

    def _known(self, url: str) -> bytes | None:
        if url in self._kept:
            self._kept.move_to_end(url)
        return self._kept.get(url)

    def _give_up(self, url: str) -> None:
        self._in_vain[url] = self._clock() + IN_VAIN_S
        self._in_vain.move_to_end(url)
        if len(self._in_vain) > IN_VAIN_MOST:
            self._in_vain.popitem(last=False)

    def _keep(self, url: str, picture: bytes) -> None:
        self._kept[url] = picture
        while sum(map(len, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)


def kind_of(picture: bytes) -> str:
    """The type of a picture that mail clients show, by its first bytes; "" for anything else, scripts in SVG too."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if picture.startswith(start)), "")


def shelf(fetcher: Fetcher) -> Shelf:
    """One that this fills, whatever it may fetch otherwise."""
    fetch = replace(fetcher, bytes_max=min(fetcher.bytes_max, BYTES_MAX), accept="image/*")
    return Shelf(lambda url: fetch.get(url).body)


@router.api_route(f"{PATH}{{token}}", methods=LOOKING)
def show(edge: Here, token: str) -> Response:
    """A picture; nothing for an address that we have not signed, or that leads to none."""
    url = edge.parts.signer.open(PURPOSE, token)
    picture = edge.pictures(url) if url else None
    if not picture:
        return Response(status_code=HTTPStatus.NOT_FOUND, headers=MISSING)
    return Response(picture, media_type=kind_of(picture), headers=FOUND)
