"""A real SMTP server on loopback that says what a test tells it to."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifier.domain.message import Message

DROP: Final = "drop"
HANG: Final = "hang"
USER, PASSWORD = b"letters", b"open sesame"


@dataclass
class PostOffice:
    """Takes letters. `says` holds, per command, what to answer instead, each once: a reply, DROP or HANG."""

    says: dict[str, list[str]] = field(default_factory=dict)
    letters: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    auth_tries: int = 0
    port: int = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions.append(session)
        return replies

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = await self._answer("RCPT", server)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        reply = await self._answer("DATA", server)
        if reply:
            return reply
        self.letters.append(envelope)
        return "250 2.0.0 taken"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, who: Any) -> AuthResult:
        self.auth_tries += 1
        return AuthResult(success=who == LoginPassword(USER, PASSWORD), handled=False)

    async def _answer(self, command: str, server: SMTP) -> str:
        waiting = self.says.get(command, [])
        reply = waiting.pop(0) if waiting else ""
        if reply == DROP and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        if reply == HANG:
            await asyncio.sleep(5)
        return "" if reply == HANG else reply


@contextmanager
def opened(office: PostOffice, ssl_context: ssl.SSLContext | None = None, **knobs: Any) -> Iterator[PostOffice]:
    """The office while it is open; `knobs` are aiosmtpd's."""
    office.port = free_port()
    knobs.setdefault("enable_SMTPUTF8", False)
    controller = Controller(office, "127.0.0.1", office.port, ssl_context=ssl_context, **knobs)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def letters(count: int, **changes: Any) -> list[Message]:
    return [letter(number, **changes) for number in range(1, count + 1)]


def letter(number: int, **changes: Any) -> Message:
    facts: dict[str, Any] = {
        "delivery_id": number,
        "mail_from": f"b+{number}@news.example",
        "rcpt_to": f"reader{number}@example.org",
        "data": b"Subject: one\r\n\r\n.begins with a dot\r\n..two\r\nend\r\n",
    }
    return Message(**(facts | changes))
