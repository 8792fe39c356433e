"""The server of the web process: asked to stop, it ends its streams first, so that nobody is waited for."""

import socket
from types import FrameType
from typing import Final

import uvicorn

from notifier.web.desk import live

GRACE_S: Final = 8
"""For answers that are on their way, a long export for one; Docker kills ten seconds after it asks."""


class Server(uvicorn.Server):
    """Uvicorn, whose streams know when it ends."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or Ctrl-C."""
        live.end()
        super().handle_exit(sig, frame)


def serve(host: str, port: int, listener: int | None = None) -> None:
    """Serve until somebody ends it; `listener` is a file descriptor that listens already."""
    config = uvicorn.Config(
        "notifier.web.app:make",
        factory=True,
        host=host,
        port=port,
        # Access lines would hold tokens, and the pages believe X-Forwarded-For only from `trusted_proxies`.
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_S,
    )
    Server(config).run([socket.socket(fileno=listener)] if listener is not None else None)
