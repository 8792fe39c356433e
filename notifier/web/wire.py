"""The raw request: how much of it is read, and what a form says. Only the event loop may read it, so it is async."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier import observe
from notifier.web.problems import Problem

FORM_BYTES_MAX: Final = 262_144
FIELDS_MAX: Final = 600
_OF_ROWS: Final = re.compile(r"/(p/[^/]+|me)")
"""The preference page, with a field for each topic: of readers who answer much, or sites of many sections."""
ROWS_MAX: Final = 5_000
ROWS_BYTES_MAX: Final = 1_000_000
API_PREFIX: Final = "/api/"
INBOUND_PATH: Final = "/api/v1/inbound/raw"
_log = observe.log(__name__)
UPLOADS: Final = re.compile(r"(/desk/at|/api/v1/sites)/[^/]+/imports")
UPLOAD_BYTES_MAX: Final = 512_000_000
"""Of a list of readers: some eight million rows."""
_BARRED: Final = re.compile(r"/desk/at/[^/]+/suppressions/import")
BARRED_BYTES_MAX: Final = 20_000_000
"""Of a list of whom not to write to, which is taken in while somebody waits; the command line takes longer ones."""


class BodyLimit:
    """Stops reading a body at its limit, announced by Content-Length or chunked; the answer is 413."""

    def __init__(self, app: ASGIApp, api_bytes_max: int, inbound_bytes_max: int) -> None:
        self.app = app
        self.api_bytes_max = api_bytes_max
        self.inbound_bytes_max = inbound_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most(scope["path"])
        announced = Headers(scope=scope).get("content-length", "")[:20]
        seen = int(announced) if announced.isdecimal() and int(announced) > most else 0

        async def counted() -> Message:
            nonlocal seen
            message: Message = {"type": "http.request"} if seen > most else await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                # Without its path, which may hold a token.
                _log.warning("body_too_large", most=most)
                raise _too_large(most)
            return message

        await self.app(scope, counted, send)

    def _most(self, path: str) -> int:
        if path == INBOUND_PATH:
            return self.inbound_bytes_max
        if UPLOADS.fullmatch(path):
            return UPLOAD_BYTES_MAX
        if _BARRED.fullmatch(path):
            return BARRED_BYTES_MAX
        if _OF_ROWS.fullmatch(path):
            return ROWS_BYTES_MAX
        return self.api_bytes_max if path.startswith(API_PREFIX) else FORM_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Typed:
    """The text fields of a form, in the order they came."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """The last value of a field; empty where it is missing."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return tuple(value for key, value in self.pairs if key == name)

    def after(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Fields whose name begins with `prefix`, without it."""
        return ((key.removeprefix(prefix), value) for key, value in self.pairs if key.startswith(prefix))


async def typed(request: Request) -> Typed:
    """What somebody sent by a form, urlencoded or multipart; no files. For `Depends`."""
    # Not of multipart, which takes many times as long to read: our pages send none.
    has_rows = _OF_ROWS.fullmatch(request.scope["path"]) and not _is_multipart(request)
    most = ROWS_MAX if has_rows else FIELDS_MAX
    form = await request.form(max_files=0, max_fields=most, max_part_size=FORM_BYTES_MAX)
    pairs = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    if not all(is_clean(text) for pair in pairs for text in pair):
        raise Problem(HTTPStatus.BAD_REQUEST, "error_characters", values={"field": ""})
    return Typed(pairs)


async def raw(request: Request) -> bytes:
    """The body as it came, byte by byte: a signature is over nothing less; none from who hung up. For `Depends`."""
    try:
        return await request.body()
    except ClientDisconnect:
        return b""


def is_clean(text: str) -> bool:
    """Whether a database and a letter can hold it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").strip().lower().startswith("multipart/")


def _too_large(most: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "error_too_large", values={"limit": most})
