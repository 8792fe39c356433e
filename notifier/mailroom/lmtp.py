"""Mail by LMTP (RFC 2033): 250 once the row is committed, 4xx while the database is away, 5xx for strangers."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, AnyStr, Final, Self

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from notifier import observe
from notifier.domain.words import ReplyRefusal
from notifier.feedback.door import Arrival
from notifier.mailroom.lines import Lines
from notifier.mailroom.taking import placed, take_in
from notifier.mailroom.verdict import Verdict
from notifier.parts import Parts

THREADS: Final = 4
RECIPIENTS_MAX: Final = 20
IDLE_S: Final = 60
LINE_MAX: Final = 65_536
"""Programs that never heard of 998 octets are many, and what they wrote was accepted elsewhere already."""
_SOCKET_MODE: Final = 0o660
TOO_LARGE: Final = "552 5.3.4 Larger than is taken here"
UNKNOWN: Final = "550 5.1.1 No such address here"
_LATER: Final = "451 4.3.0 Not now: please try again"
_TOLD: Final = {
    ReplyRefusal.STRANGER: "Please answer from the address that our letter was sent to",
    ReplyRefusal.EMPTY: "Your reply has no words of its own: please write above the quoted letter",
    ReplyRefusal.GONE: "The discussion that you answer is not shown any more",
    ReplyRefusal.TOO_MANY: "Too many replies within an hour: please send this one later",
    ReplyRefusal.UNSUBSCRIBED: "You are not subscribed here any more: please answer on the page itself",
    ReplyRefusal.NO_WAY: "The site takes no replies by mail at present",
}
"""What a person is told. The rest, such as what machines sent, is taken and dropped: an answer would make a loop."""

_log = observe.log(__name__)


class LmtpServer:
    """Listens from `start` to `stop`, on `host:port` or `unix:/path`; `port` tells which, where 0 was asked for."""

    def __init__(self, parts: Parts, where: str, now: Callable[[], datetime]) -> None:
        self._parts, self._now = parts, now
        self._listening, self._path = _bound(where)
        name = self._listening.getsockname()
        self.port: int = 0 if self._path else int(name[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="lmtp", daemon=True)
        self._pool = ThreadPoolExecutor(THREADS, "lmtp-row")
        # aiosmtpd logs addresses, and what stands in a mail.
        logging.getLogger("mail.log").setLevel(logging.ERROR)

    def start(self) -> Self:
        """Take mail from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up. What got its 250 is kept; what did not comes again."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._pool.shutdown()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_fault: object) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        serve = self._loop.create_unix_server if self._path else self._loop.create_server
        server = self._loop.run_until_complete(serve(self._session, sock=self._listening))
        try:
            self._loop.run_forever()
        finally:
            server.close()
            waiting = asyncio.all_tasks(self._loop)
            for task in waiting:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
            self._loop.close()

    def _session(self) -> LMTP:
        knobs = self._parts.settings
        return _Session(
            _Clerk(self._parts, self._now, self._pool),
            data_size_limit=knobs.inbound_bytes_max,
            enable_SMTPUTF8=True,
            # Without a name aiosmtpd asks the DNS for one.
            hostname=knobs.inbound_domain or knobs.bounce_domain,
            ident="notifier",
            timeout=IDLE_S,
            loop=self._loop,
        )


class _Session(LMTP):
    line_length_limit = LINE_MAX

    def __init__(self, *args: Any, **knobs: Any) -> None:  # noqa: ANN401 - whatever aiosmtpd takes
        super().__init__(*args, **knobs)
        self._lines = Lines(LINE_MAX + 1)

    def data_received(self, data: bytes) -> None:
        """Read on; aiosmtpd keeps every octet of a line that it will refuse for its length."""
        super().data_received(self._lines.cut(data))

    async def push(self, status: AnyStr) -> None:
        """Answer; after the content once for each recipient (RFC 2033 4.2), its refusal for size included."""
        is_too_large = str(status).startswith(("552 Error", "500 Line"))
        recipients = self.envelope.rcpt_tos if is_too_large and self.envelope else []
        if is_too_large:
            _log.warning("mail_too_large", most=self.data_size_limit)
        if recipients:
            await super().push("\r\n".join([TOO_LARGE] * len(recipients)))
        else:
            await super().push(status)


class _Clerk:
    """What aiosmtpd asks at each step."""

    def __init__(self, parts: Parts, now: Callable[[], datetime], pool: ThreadPoolExecutor) -> None:
        self._parts, self._now, self._pool = parts, now, pool

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name and arguments
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, _options: list[str], /
    ) -> str:
        if placed(self._parts, address) is None:
            return UNKNOWN
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients at once"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: LMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        loop = asyncio.get_running_loop()
        data, mail_from = bytes(envelope.original_content or b""), envelope.mail_from or ""
        answers = [
            await loop.run_in_executor(self._pool, partial(self._take, recipient, data, mail_from))
            for recipient in envelope.rcpt_tos
        ]
        return "\r\n".join(answers)

    def _take(self, recipient: str, data: bytes, mail_from: str) -> str:
        place = placed(self._parts, recipient)
        if place is None:
            return UNKNOWN
        try:
            return said(take_in(self._parts, Arrival(place, data, mail_from.strip("<>")), self._now()))
        except SQLAlchemyError as fault:
            _log.warning("mail_not_kept", fault=type(fault).__name__)
            return _LATER
        except Exception:  # noqa: BLE001 - see below
            # Whatever it was, the mail is not lost by it: its server keeps it and tries again.
            _log.exception("mail_not_taken", delivery=place.delivery_id)
            return _LATER


def said(verdict: Verdict) -> str:
    """What LMTP is told of a mail."""
    if not verdict.is_ours:
        return UNKNOWN
    if not verdict.is_readable:
        return "550 5.6.0 This mail cannot be read"
    told = _TOLD.get(verdict.refusal) if verdict.refusal else None
    return f"550 5.7.1 {told}" if told else "250 2.0.0 Kept"


def _bound(where: str) -> tuple[socket.socket, Path | None]:
    """A socket that listens there. Raises ValueError for a place that is none, OSError where it is taken."""
    if where.startswith("unix:"):
        path = Path(where.removeprefix("unix:"))
        # Left behind by one that was killed; a living one would have to be asked.
        path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        path.chmod(_SOCKET_MODE)
        listening.listen(128)
        return listening, path
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"{where!r}: write it as 127.0.0.1:2424 or unix:/run/notifier/lmtp.sock")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=128), None
