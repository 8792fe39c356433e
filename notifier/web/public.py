"""An answer that is the same for everybody: caches keep it, and are told when it is another (RFC 9110, 13.1)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from notifier.web.look import PLAIN_HEADERS

FRESH_S: Final = 300
"""A story that was taken back is gone from every cache after so long."""


@dataclass(frozen=True, slots=True)
class Public:
    """A body and what is said of it."""

    body: bytes
    kind: str
    is_indexed: bool
    csp: str = "default-src 'none'; frame-ancestors 'none'"
    modified_at: datetime | None = None

    def answer(self, request: Request) -> Response:
        """The body, or 304 to whoever has it."""
        # Weak, for it may travel compressed or not (section 8.8.1).
        etag = f'W/"{hashlib.sha256(self.body).hexdigest()[:20]}"'
        headers = {
            **PLAIN_HEADERS,
            "Content-Security-Policy": self.csp,
            "Cache-Control": f"public, max-age={FRESH_S}",
            "ETag": etag,
        }
        if self.is_indexed:
            headers["X-Robots-Tag"] = "all"
        if self.modified_at:
            headers["Last-Modified"] = format_datetime(self.modified_at, usegmt=True)
        asked = request.headers.get("if-none-match", "")
        if asked == "*" or etag.removeprefix("W/") in (one.strip().removeprefix("W/") for one in asked.split(",")):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(self.body, media_type=self.kind, headers=headers)
