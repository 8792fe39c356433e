"""The SMTP server of the development inbox: takes everything, keeps it, sends nothing on."""

import asyncio
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier import clock, observe
from notifier.embedded.inbox.store import Inbox

SIZE_MAX: Final = 20 * 1024 * 1024
_log = observe.log(__name__)


class InboxServer:
    """Listens from `start` to `stop`; with port 0 on any free one, which `port` then tells."""

    def __init__(
        self, inbox: Inbox, host: str = "127.0.0.1", port: int = 0, now: Callable[[], datetime] = clock.now
    ) -> None:
        self.host = host
        self.port = port
        self._keeper = _Keeper(inbox, now)
        self._controller: _Controller | None = None

    def start(self) -> Self:
        """Take letters from now on. Raises OSError where the port is taken."""
        listening = socket.create_server((self.host, self.port), family=_family(self.host))
        self.port = int(listening.getsockname()[1])
        self._controller = _Controller(self._keeper, listening, hostname=self.host, port=self.port)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Hang up. Letters that were acknowledged are kept."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_fault: object) -> None:
        self.stop()


class _Keeper:
    """Says 250 to a letter once it is committed."""

    def __init__(self, inbox: Inbox, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._now = now

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.original_content or b""
        mail_from = (envelope.mail_from or "").removeprefix("<>")  # the return path of a bounce
        try:
            # On the loop's own thread: a commit takes a fraction of a millisecond, a hand-over to another more.
            letter_id = self._inbox.add(mail_from, envelope.rcpt_tos, raw, self._now())
        except sqlite3.Error as error:
            _log.warning("inbox_could_not_keep", fault=type(error).__name__)
            return "451 4.3.0 The inbox could not keep it; try again"
        return f"250 2.0.0 Kept as {letter_id}"


class _Session(SMTP):
    # A development inbox shows what it is sent, lines beyond 998 columns too.
    line_length_limit = SIZE_MAX


class _Controller(Controller):
    """Serves a socket that is already bound: so the port is known, and nobody can take it in between."""

    def __init__(self, keeper: _Keeper, listening: socket.socket, **place: Any) -> None:  # noqa: ANN401 - aiosmtpd's own knobs
        super().__init__(
            keeper,
            enable_SMTPUTF8=True,
            data_size_limit=SIZE_MAX,
            # Without a name aiosmtpd asks the DNS for one.
            server_hostname="inbox.localhost",
            ident="notifier development inbox",
            **place,
        )
        self._listening = listening

    def factory(self) -> SMTP:
        return _Session(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
