"""Pipelining (RFC 2920): a letter's MAIL, RCPT and DATA in one write, and what the server's answers to it ask for."""

import selectors
import smtplib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from notifier.domain.message import Message
from notifier.transports.replies import needs_smtputf8

FAULTS: Final = (OSError, smtplib.SMTPException)

_COMMANDS: Final = ("MAIL", "RCPT", "DATA")
_GOOD: Final = {"MAIL": (250,), "RCPT": (250, 251), "DATA": (354,)}
# The server is leaving, or what it said is no reply (smtplib's -1): further answers cannot be told apart.
_LAST_WORDS: Final = (421, -1)


class Next(Enum):
    """What the dialogue needs after the answers to an envelope."""

    CONTENT = auto()
    NOTHING = auto()
    RESET = auto()
    EMPTY = auto()
    """The server waits for a content although it refused the envelope: it gets none, a lone dot."""
    HANG_UP = auto()


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one envelope: the first refusal as (command, code, reply), if any, and what comes next."""

    refused: tuple[str, int, bytes] | None
    next: Next


class Line(Iterator[Message]):
    """Messages in order, the next of which can be had before its turn."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = iter(messages)
        self._now: Message | None = None
        self._next: Message | None = None

    def __next__(self) -> Message:
        self._now = None
        waiting, self._next = self._next, None
        self._now = next(self._messages) if waiting is None else waiting
        return self._now

    def peek(self) -> Message | None:
        """The next message, or None when there is none. Takes as long as the source of the messages does."""
        if self._next is None:
            self._next = next(self._messages, None)
        return self._next

    def holds(self, message: Message) -> bool:
        """Whether it is the message whose turn it is, or the next."""
        return message is self._now or message is self._next


def mail_from(message: Message, extensions: dict[str, str]) -> str:
    """The MAIL command with what the server's extensions ask for."""
    size = f" SIZE={len(message.data)}" if "size" in extensions else ""
    return f"MAIL FROM:<{message.mail_from}>{size}{' SMTPUTF8' if needs_smtputf8(message) else ''}"


def envelope(message: Message, extensions: dict[str, str]) -> bytes:
    """The group that begins a letter. DATA must be its last command (RFC 2920 3.1).

    The message is one that `unfit` let pass: no address in it can end its line.
    """
    commands = f"{mail_from(message, extensions)}\r\nRCPT TO:<{message.rcpt_to}>\r\nDATA\r\n"
    return commands.encode("utf-8" if needs_smtputf8(message) else "ascii")


def read_answers(smtp: smtplib.SMTP) -> Answers:
    """Read the three answers to an envelope; fewer when the server leaves.

    Raises one of FAULTS when the connection is lost before anything was refused: the letter is then undecided.
    """
    codes: dict[str, int] = {}
    refused: tuple[str, int, bytes] | None = None
    for command in _COMMANDS:
        try:
            code, reply = smtp.getreply()
        except FAULTS:
            if refused is None:
                raise
            return Answers(refused, Next.HANG_UP)
        codes[command] = code
        if refused is None and code not in _GOOD[command]:
            refused = (command, code, reply)
        if code in _LAST_WORDS:
            return Answers(refused, Next.HANG_UP)
    return Answers(refused, _next(codes) if refused else Next.CONTENT)


def _next(codes: dict[str, int]) -> Next:
    if codes["DATA"] in _GOOD["DATA"]:
        # Should the recipient stand after all, a lone dot would bring the reader an empty letter.
        return Next.HANG_UP if codes["RCPT"] in _GOOD["RCPT"] else Next.EMPTY
    return Next.RESET if codes["MAIL"] in _GOOD["MAIL"] else Next.NOTHING


def leave(smtp: smtplib.SMTP, step: Next) -> bool:
    """End a refused letter's transaction; whether the next letter can go over this connection."""
    try:
        if step is Next.EMPTY:
            smtp.send(b".\r\n")
            return smtp.getreply()[0] not in _LAST_WORDS
        if step is Next.RESET:
            return bool(smtp.docmd("RSET")[0] == 250)  # noqa: PLR2004 - reply codes are best read as numbers
    except FAULTS:
        return False
    return step is Next.NOTHING


def is_quiet(smtp: smtplib.SMTP) -> bool:
    """Whether nothing came that was not asked for, such as a 421 or the end of the connection."""
    if smtp.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(smtp.sock, selectors.EVENT_READ)
        return not selector.select(0)
