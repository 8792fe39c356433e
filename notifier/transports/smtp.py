"""Letters out by SMTP, one after the other over a connection that stays, in groups where the server takes them."""

import contextlib
import smtplib
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.pipeline import FAULTS, Answers, Line, Next, envelope, is_quiet, leave, mail_from, read_answers
from notifier.transports.replies import needs_smtputf8, refusal, text_of, unfit

COMMAND_TIMEOUT_S: Final = 300
"""For MAIL, RCPT and DATA (RFC 5321 4.5.3.2); the reply to the final dot has its own, longer one."""
IDLE_S: Final = 5.0
"""A connection idle for longer is asked whether it still lives."""
GOODBYE_S: Final = 5.0
FAULTS_MAX: Final = 2
"""Broken connections in a row, before the rest of a call is spared."""


class _GoneError(Exception):
    """The server hung up between two letters: it has no content of the next, so say it on a new connection."""


@dataclass(slots=True)
class _Session:
    smtp: smtplib.SMTP
    letters: int = 0
    used_at: float = field(default_factory=time.monotonic)
    ahead: Message | None = None
    """The letter whose envelope went out and waits for its content: until then the server hears no command."""

    @property
    def is_pipelined(self) -> bool:
        return self.smtp.has_extn("pipelining")


class SmtpTransport:
    """One connection, kept across calls of `send` and renewed after `letters_per_connection`. Not for threads."""

    def __init__(self, account: SmtpAccount) -> None:
        self.account = account
        self._session: _Session | None = None

    def send(self, messages: Iterable[Message]) -> Generator[tuple[int, Outcome], None, None]:
        """Yield (delivery id, outcome) for each message, in order.

        When the server cannot be reached, the rest of the messages is refused at once, uncharged.

        Where the server offers PIPELINING, the next message is taken before this one's content leaves, as its
        envelope travels along: messages that come slowly hold back, each, the one before. That is the safe side:
        a content that waits unsent cannot be doubled, one that is sent and not yet answered for can. No content
        leaves before the answer to the one before was yielded and the caller came back.
        """
        line = Line(messages)
        try:
            yield from self._send(line)
        finally:
            session = self._session
            if session and session.ahead and line.holds(session.ahead):
                # Its content will not come. No RSET is heard after a 354, and a dot would send an empty letter.
                self._hang_up()

    def _send(self, line: Line) -> Iterator[tuple[int, Outcome]]:
        given_up, faults = "", 0
        for message in line:
            if given_up:
                yield message.delivery_id, Refused(given_up, charged=False)
                continue
            try:
                outcome = self._deliver(message, line)
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
        if session.ahead is None:
            with contextlib.suppress(*FAULTS):
                _wait_at_most(session.smtp, GOODBYE_S)
                session.smtp.quit()
        session.smtp.close()

    def _deliver(self, message: Message, line: Line) -> Outcome:
        session, following = self._ready(message), None
        has_room = session.letters + 1 < self.account.letters_per_connection
        if session.is_pipelined and has_room and not unfit(message, session.smtp.esmtp_features):
            following = line.peek()
        try:
            return self._attempt(message, following)
        except _GoneError:
            return self._attempt(message, following)

    def _attempt(self, message: Message, following: Message | None) -> Outcome:
        session = self._ready(message)
        try:
            return self._transact(session, message, following)
        except FAULTS as fault:
            self._hang_up()
            return Refused(f"connection lost: {type(fault).__name__}: {fault}")
        except BaseException:
            # A time limit in the middle of a command: nobody knows where the two stand.
            self._hang_up()
            raise

    def _ready(self, message: Message) -> _Session:
        session = self._session
        if session and session.ahead:
            if session.ahead is message:
                return session
            self._hang_up()
        elif session and session.letters >= self.account.letters_per_connection:
            self.close()
        elif session and time.monotonic() - session.used_at > IDLE_S and not self._is_alive(session):
            self._hang_up()
        if self._session is None:
            self._session = _Session(open_session(self.account))
        return self._session

    def _transact(self, session: _Session, message: Message, following: Message | None) -> Outcome:
        smtp = session.smtp
        cannot = unfit(message, smtp.esmtp_features)
        if cannot:
            return cannot
        _wait_at_most(smtp, min(COMMAND_TIMEOUT_S, self.account.reply_timeout_s))
        if session.is_pipelined:
            return self._transact_in_groups(session, message, following)
        code, reply = self._mail(session, message)
        if code != 250:  # noqa: PLR2004 - reply codes are best read as numbers
            return self._refused("MAIL", code, reply)
        code, reply = smtp.docmd(f"RCPT TO:<{message.rcpt_to}>")
        if code not in (250, 251):
            return self._refused("RCPT", code, reply)
        code, reply = smtp.docmd("DATA")
        if code != 354:  # noqa: PLR2004 - the same
            return self._refused("DATA", code, reply)
        return self._give_content(session, dot_stuffed(message.data))

    def _transact_in_groups(self, session: _Session, message: Message, following: Message | None) -> Outcome:
        try:
            answers = self._open(session, message)
        except FAULTS as fault:
            return self._lost_unsent(session, f"connection lost: {type(fault).__name__}: {fault}")
        if answers.refused:
            return self._refused_in_a_group(session, answers.refused, answers.next)
        content = dot_stuffed(message.data)
        if following and not unfit(following, session.smtp.esmtp_features):
            # Cannot block for good: the server has read all we wrote and we all it answered, and what it answers
            # to this (four short replies) fits any socket's buffer, so it never stops reading to be read first.
            content += envelope(following, session.smtp.esmtp_features)
            session.ahead = following
        return self._give_content(session, content)

    def _open(self, session: _Session, message: Message) -> Answers:
        if session.ahead is None:
            session.ahead = message
            session.smtp.send(envelope(message, session.smtp.esmtp_features))
        answers = read_answers(session.smtp)
        if answers.next is Next.CONTENT and not is_quiet(session.smtp):
            raise smtplib.SMTPServerDisconnected("the server left after its 354")
        session.ahead = None
        return answers

    def _refused_in_a_group(self, session: _Session, refused: tuple[str, int, bytes], step: Next) -> Refused:
        command, code, reply = refused
        if command == "MAIL" and code == 421 and session.letters:  # noqa: PLR2004 - the same
            return self._lost_unsent(session, text_of(code, reply))
        if not leave(session.smtp, step):
            self._hang_up()
        return refusal(command, code, reply)

    def _lost_unsent(self, session: _Session, said: str) -> Refused:
        """No content left, so nothing can be doubled and no letter is at fault: say it again, or leave it."""
        self._hang_up()
        if session.letters:
            raise _GoneError
        return Refused(said, charged=False)

    def _give_content(self, session: _Session, content: bytes) -> Outcome:
        smtp = session.smtp
        _wait_at_most(smtp, self.account.reply_timeout_s)
        smtp.send(content)
        code, reply = smtp.getreply()
        session.letters += 1
        session.used_at = time.monotonic()
        if code == -1 and session.ahead:
            self._hang_up()  # No reply at all: those that follow cannot be told apart.
        return Sent(text_of(code, reply)) if code == 250 else self._refused(".", code, reply)  # noqa: PLR2004 - the same

    def _mail(self, session: _Session, message: Message) -> tuple[int, bytes]:
        smtp = session.smtp
        smtp.command_encoding = "utf-8" if needs_smtputf8(message) else "ascii"
        try:
            code, reply = smtp.docmd(mail_from(message, smtp.esmtp_features))
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
        except FAULTS:
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
