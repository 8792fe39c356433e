"""Letters out by SMTP, one after the other over a connection that stays."""

import contextlib
import smtplib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.replies import needs_smtputf8, refusal, text_of, unfit

COMMAND_TIMEOUT_S: Final = 300
"""For MAIL, RCPT and DATA (RFC 5321 4.5.3.2); the reply to the final dot has its own, longer one."""
IDLE_S: Final = 5.0
"""A connection idle for longer is asked whether it still lives."""
GOODBYE_S: Final = 5.0
FAULTS_MAX: Final = 2
"""Broken connections in a row, before the rest of a call is spared."""

_FAULTS: Final = (OSError, smtplib.SMTPException)


class _GoneError(Exception):
    """The server hung up between two letters: nothing was said yet, so say it on a new connection."""


@dataclass(slots=True)
class _Session:
    smtp: smtplib.SMTP
    letters: int = 0
    used_at: float = field(default_factory=time.monotonic)


class SmtpTransport:
    """One connection, kept across calls of `send` and renewed after `letters_per_connection`. Not for threads."""

    def __init__(self, account: SmtpAccount) -> None:
        self.account = account
        self._session: _Session | None = None

    def send(self, messages: Iterable[Message]) -> Iterator[tuple[int, Outcome]]:
        """Yield (delivery id, outcome) for each message, in order.

        When the server cannot be reached, the rest of the messages is refused at once, uncharged.
        """
        given_up, faults = "", 0
        for message in messages:
            if given_up:
                yield message.delivery_id, Refused(given_up, charged=False)
                continue
            try:
                outcome = self._deliver(message)
            except SessionRefusedError as fault:
                given_up = str(fault)
                outcome = Refused(given_up, charged=False)
            faults = 0 if self._session else faults + 1
            if isinstance(outcome, Refused) and faults >= FAULTS_MAX:
                given_up = outcome.reply
            yield message.delivery_id, outcome

    def close(self) -> None:
        """Say QUIT and hang up."""
        session, self._session = self._session, None
        if session is None:
            return
        with contextlib.suppress(*_FAULTS):
            _wait_at_most(session.smtp, GOODBYE_S)
            session.smtp.quit()
        session.smtp.close()

    def _deliver(self, message: Message) -> Outcome:
        try:
            return self._attempt(message)
        except _GoneError:
            return self._attempt(message)

    def _attempt(self, message: Message) -> Outcome:
        session = self._ready()
        try:
            return self._transact(session, message)
        except _FAULTS as fault:
            self._hang_up()
            return Refused(f"connection lost: {type(fault).__name__}: {fault}")
        except BaseException:
            # A time limit in the middle of a command: nobody knows where the two stand.
            self._hang_up()
            raise

    def _ready(self) -> _Session:
        session = self._session
        if session and session.letters >= self.account.letters_per_connection:
            self.close()
        elif session and time.monotonic() - session.used_at > IDLE_S and not self._is_alive(session):
            self._hang_up()
        if self._session is None:
            self._session = _Session(open_session(self.account))
        return self._session

    def _transact(self, session: _Session, message: Message) -> Outcome:
        smtp = session.smtp
        cannot = unfit(message, smtp.esmtp_features)
        if cannot:
            return cannot
        _wait_at_most(smtp, min(COMMAND_TIMEOUT_S, self.account.reply_timeout_s))
        code, reply = self._mail(session, message)
        if code != 250:  # noqa: PLR2004 - reply codes are best read as numbers
            return self._refused("MAIL", code, reply)
        code, reply = smtp.docmd(f"RCPT TO:<{message.rcpt_to}>")
        if code not in (250, 251):
            return self._refused("RCPT", code, reply)
        code, reply = smtp.docmd("DATA")
        if code != 354:  # noqa: PLR2004 - the same
            return self._refused("DATA", code, reply)
        _wait_at_most(smtp, self.account.reply_timeout_s)
        smtp.send(dot_stuffed(message.data))
        code, reply = smtp.getreply()
        session.letters += 1
        session.used_at = time.monotonic()
        return Sent(text_of(code, reply)) if code == 250 else self._refused(".", code, reply)  # noqa: PLR2004 - the same

    def _mail(self, session: _Session, message: Message) -> tuple[int, bytes]:
        smtp, is_utf8 = session.smtp, needs_smtputf8(message)
        smtp.command_encoding = "utf-8" if is_utf8 else "ascii"
        size = f" SIZE={len(message.data)}" if smtp.has_extn("size") else ""
        try:
            code, reply = smtp.docmd(f"MAIL FROM:<{message.mail_from}>{size}{' SMTPUTF8' if is_utf8 else ''}")
        except smtplib.SMTPServerDisconnected:
            code, reply = 421, b""
            if not session.letters:
                raise
        if code == 421 and session.letters:  # noqa: PLR2004 - the same
            self._hang_up()
            raise _GoneError
        return code, reply

    def _refused(self, command: str, code: int, reply: bytes) -> Refused:
        if code == 421 or (command != "." and not self._reset()):  # noqa: PLR2004 - the same
            self._hang_up()
        return refusal(command, code, reply)

    def _reset(self) -> bool:
        return self._session is not None and self._session.smtp.docmd("RSET")[0] == 250  # noqa: PLR2004 - the same

    def _is_alive(self, session: _Session) -> bool:
        try:
            _wait_at_most(session.smtp, self.account.connect_timeout_s)
            return session.smtp.noop()[0] == 250  # noqa: PLR2004 - the same
        except _FAULTS:
            return False

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session:
            session.smtp.close()


def dot_stuffed(data: bytes) -> bytes:
    """The message as DATA wants it: leading dots doubled, a CRLF and the final dot (RFC 5321 4.5.2)."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _wait_at_most(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)
