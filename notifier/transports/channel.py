"""One connection to an SMTP server in the middle of its dialogue: says what it can, hears what came, never waits."""

import smtplib
import time
from collections import deque
from typing import Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent, Uncertain
from notifier.transports import Answer
from notifier.transports.account import SessionRefusedError, SmtpAccount
from notifier.transports.pipeline import GOOD, LAST_WORDS, Envelope, Next, commands, on_the_wire
from notifier.transports.replies import refusal, text_of
from notifier.transports.wire import FAULTS, Wire

COMMAND_TIMEOUT_S: Final = 300
"""For MAIL, RCPT and DATA (RFC 5321 4.5.3.2); the reply to the final dot has its own, longer one."""
GOODBYE_S: Final = 5.0
IDLE_S: Final = 5.0
"""A connection idle for longer may be dead without a word: it has `connect_timeout_s` to prove that it lives."""
_OK: Final = 250
_TAKEN: Final = 2


class Channel:
    """A session, as `open_session` gives it, with at most one content on the wire that is not answered for."""

    def __init__(self, smtp: smtplib.SMTP, account: SmtpAccount) -> None:
        if smtp.sock is None:
            raise SessionRefusedError("the session is over before it began")
        self._wire = Wire(smtp.sock)
        self._account = account
        self.extensions = smtp.esmtp_features
        self.letters = 0
        """Contents that were answered."""
        self.lag_s = 0.0
        """Seconds the server took for its last answer."""
        self.is_over = False
        self.was_silent = False
        """Whether it was given up."""
        self.last_words = ""
        """Why it was lost; empty when it was not."""
        self.unsent: list[Message] = []
        """When it is over: letters that were begun and whose content did not leave."""
        self._awaited: deque[str] = deque()
        self._script: deque[tuple[str, bytes]] = deque()
        self._content: Message | None = None
        self._envelope: Envelope | None = None
        self._is_standing = False
        self._octets_after = 0
        """Of those to be written: how many come after the content."""
        self._said_at = time.monotonic()
        self._is_in_doubt = False

    @property
    def is_pipelined(self) -> bool:
        """Whether the server takes commands in groups (RFC 2920)."""
        return "pipelining" in self.extensions

    @property
    def is_idle(self) -> bool:
        """Whether a letter can begin."""
        return not (self._awaited or self._envelope or self._wire.unwritten or self.is_over)

    @property
    def is_leaving(self) -> bool:
        """Whether QUIT was said."""
        return bool(self._awaited) and self._awaited[-1] == "QUIT"

    @property
    def is_standing(self) -> bool:
        """Whether the server waits for a content, and for nothing else."""
        return self._is_standing and not self._content

    @property
    def wants_to_write(self) -> bool:
        """Whether the socket did not take all of it yet."""
        return bool(self._wire.unwritten)

    def fileno(self) -> int:
        """For a selector."""
        return self._wire.fileno()

    def deadline(self) -> float:
        """When, by the monotonic clock, the server has been silent for too long."""
        if not self._awaited:
            return float("inf")
        limits = {".": self._account.reply_timeout_s, "QUIT": GOODBYE_S}
        limit = limits.get(self._awaited[0], min(self._account.reply_timeout_s, COMMAND_TIMEOUT_S))
        return self._said_at + (min(limit, self._account.connect_timeout_s) if self._is_in_doubt else limit)

    # -- what is said

    def begin(self, message: Message) -> list[Answer]:
        """Say the letter's envelope: in one group, or its first command."""
        self._envelope = Envelope(message)
        self._is_in_doubt = time.monotonic() - self._said_at > IDLE_S
        said = commands(message, self.extensions)
        if not self.is_pipelined:
            self._script = deque(said)
            return self._go_on()
        return self._say(b"".join([octets for _, octets in said]), [verb for verb, _ in said])

    def give(self, following: Message | None) -> list[Answer]:
        """Say the content that the server waits for, and the next letter's envelope along with it."""
        if self._envelope is None:
            raise RuntimeError("no letter was begun")
        self._content, self._envelope, self._is_standing = self._envelope.message, None, False
        octets, verbs, self._octets_after = on_the_wire(self._content), ["."], 0
        if following is not None:
            self._envelope = Envelope(following)
            said = commands(following, self.extensions)
            verbs += [verb for verb, _ in said]
            after = b"".join([command for _, command in said])
            octets, self._octets_after = [*octets, after], len(after)
        return self._say(b"".join(octets), verbs)

    def leave(self) -> list[Answer]:
        """Say QUIT; it is over when the server has answered."""
        return self._say(b"QUIT\r\n", ["QUIT"])

    def hang_up(self) -> None:
        """End it without a word, and without an answer for anything."""
        self.is_over = True
        self._wire.close()

    def flush(self) -> list[Answer]:
        """Write what the socket takes."""
        try:
            self._wire.flush()
        except FAULTS as fault:
            return self._lose(f"connection lost: {type(fault).__name__}: {fault}")
        return []

    def _say(self, octets: bytes, verbs: list[str]) -> list[Answer]:
        if not self._awaited:
            self._said_at = time.monotonic()
        self._awaited.extend(verbs)
        try:
            self._wire.write(octets)
        except FAULTS as fault:
            return self._lose(f"connection lost: {type(fault).__name__}: {fault}")
        return []

    def _go_on(self) -> list[Answer]:
        verb, octets = self._script.popleft()
        return self._say(octets, [verb])

    # -- what is heard

    def hear(self) -> list[Answer]:
        """Read what came; gives what became known by it."""
        try:
            replies = self._wire.read()
        except FAULTS as fault:
            return self._lose(f"connection lost: {type(fault).__name__}: {fault}")
        now = time.monotonic()
        self.lag_s, self._said_at, self._is_in_doubt = now - self._said_at, now, False
        answers: list[Answer] = []
        for code, reply in replies:
            answers += self._heard(code, reply)
            if self.is_over:
                break
        return answers

    def give_up(self) -> list[Answer]:
        """The server has been silent for too long."""
        self.was_silent = True
        return self._lose("connection lost: TimeoutError: no answer in time")

    def _heard(self, code: int, reply: bytes) -> list[Answer]:
        if not self._awaited:
            return self._lose(text_of(code, reply))
        verb = self._awaited.popleft()
        if verb == ".":
            return self._content_answered(code, reply)
        if verb in GOOD:
            return self._envelope_answered(verb, code, reply)
        if verb == "QUIT":
            self.hang_up()
        elif code in LAST_WORDS or (verb == "RSET" and code != _OK):
            return self._lose(text_of(code, reply))
        return []

    def _content_answered(self, code: int, reply: bytes) -> list[Answer]:
        said = text_of(code, reply)
        # By its first digit, as RFC 5321 4.3.2 has it: whoever says 251 has the letter too.
        outcome: Outcome = Sent(said) if code // 100 == _TAKEN else refusal(".", code, reply)
        if code == -1:
            outcome = Uncertain(said)
        answers = self._done_with(self._content, outcome)
        self._content = None
        self.letters += 1
        return [*answers, *self._lose(said)] if code in LAST_WORDS else answers

    def _envelope_answered(self, verb: str, code: int, reply: bytes) -> list[Answer]:
        envelope = self._envelope
        if envelope is None:
            return self._lose(text_of(code, reply))
        envelope.hear(verb, code, reply)
        if envelope.refused and not self.is_pipelined:
            self._script.clear()
        elif self._script:
            return self._go_on()
        is_last = verb == "DATA" or code in LAST_WORDS or not self.is_pipelined
        return self._conclude(envelope) if is_last else []

    def _conclude(self, envelope: Envelope) -> list[Answer]:
        step = envelope.next()
        if step is Next.CONTENT:
            self._is_standing = True
            return []
        if step is Next.HANG_UP:
            return self._lose(text_of(*envelope.refused[1:]) if envelope.refused else "")
        self._envelope = None
        answers = self._refuse(envelope)
        if step is Next.EMPTY:
            return [*answers, *self._say(b".\r\n", ["EMPTY"])]
        return [*answers, *self._say(b"RSET\r\n", ["RSET"])] if step is Next.RESET else answers

    def _lose(self, said: str) -> list[Answer]:
        """It is over. A content that left whole may have been taken; an envelope alone commits nobody."""
        answers: list[Answer] = []
        if self._content:
            has_left = self._wire.unwritten <= self._octets_after
            answers += self._done_with(self._content, Uncertain(said) if has_left else Refused(said))
        if self._envelope:
            answers += self._lose_envelope(self._envelope, said)
        self._content, self._envelope, self._is_standing = None, None, False
        self.last_words = said or "connection lost"
        self.hang_up()
        return answers

    def _lose_envelope(self, envelope: Envelope, said: str) -> list[Answer]:
        command, code, _ = envelope.refused or ("", 0, b"")
        is_fresh = not (self.letters or self._content)
        # A server that says goodbye between two letters means the connection, not the letter.
        is_goodbye = command == "MAIL" and code in LAST_WORDS and not is_fresh
        if envelope.refused and not is_goodbye:
            return self._refuse(envelope)
        if is_fresh:
            return self._done_with(envelope.message, Refused(said, charged=False))
        self.unsent.append(envelope.message)
        return []

    def _refuse(self, envelope: Envelope) -> list[Answer]:
        return self._done_with(envelope.message, refusal(*envelope.refused)) if envelope.refused else []

    def _done_with(self, message: Message | None, outcome: Outcome) -> list[Answer]:
        return [(message.delivery_id, outcome)] if message else []
