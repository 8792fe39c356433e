"""Pages travel compressed, for readers on a slow line; what a cookie opens does not."""

from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST: Final = 1000
"""Bytes; what is smaller fits into one packet anyhow."""
_AS_THEY_ARE: Final = ("/me", "/desk", "/api/", "/inbox")
"""A page that holds a session's secret beside words of its address must not tell by its length (BREACH)."""
_SCRIPT: Final = "/widget.js"
"""Has a strong ETag, which names its very bytes."""


class Squeezed:
    """Compresses what readers' pages answer, where the browser takes that."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._squeezing = GZipMiddleware(app, minimum_size=LEAST, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        path = str(scope.get("path", ""))
        is_plain = scope["type"] != "http" or path.startswith(_AS_THEY_ARE) or path.endswith(_SCRIPT)
        await (self._plain if is_plain else self._squeezing)(scope, receive, send)
