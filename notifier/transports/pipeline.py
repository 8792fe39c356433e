"""What is said to a server for one letter, and what its answers to an envelope ask for: pure, no network."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from notifier.domain.message import Message
from notifier.transports.replies import needs_smtputf8

GOOD: Final = {"MAIL": range(200, 300), "RCPT": range(200, 300), "DATA": (354,)}
# The server is leaving, or what it said is no reply: further answers cannot be told apart.
LAST_WORDS: Final = (421, -1)


class Next(Enum):
    """What the dialogue needs after the answers to an envelope."""

    CONTENT = auto()
    NOTHING = auto()
    RESET = auto()
    EMPTY = auto()
    """The server waits for a content although it refused the envelope: it gets none, a lone dot."""
    HANG_UP = auto()


@dataclass(slots=True)
class Envelope:
    """A letter's MAIL, RCPT and DATA, and what the server answered to them so far."""

    message: Message
    codes: dict[str, int] = field(default_factory=dict)
    refused: tuple[str, int, bytes] | None = None
    """The first refusal: command, code, reply."""

    def hear(self, command: str, code: int, reply: bytes) -> None:
        """Note one answer."""
        self.codes[command] = code
        if self.refused is None and code not in GOOD[command]:
            self.refused = (command, code, reply)

    def next(self) -> Next:
        """What comes when the last answer is in, or no further one will come."""
        if self.refused is None:
            return Next.CONTENT
        if any(code in LAST_WORDS for code in self.codes.values()):
            return Next.HANG_UP
        if self.codes.get("DATA") in GOOD["DATA"]:
            # Should the recipient stand after all, a lone dot would bring the reader an empty letter.
            return Next.HANG_UP if self.codes["RCPT"] in GOOD["RCPT"] else Next.EMPTY
        # One command at a time there is no telling what the server kept of it.
        is_open = "DATA" not in self.codes or self.codes["MAIL"] in GOOD["MAIL"]
        return Next.RESET if is_open else Next.NOTHING


def commands(message: Message, extensions: dict[str, str]) -> list[tuple[str, bytes]]:
    """The commands that begin a letter, each with its verb. DATA must end a group (RFC 2920 3.1).

    The message is one that `unfit` let pass: no address in it can end its line.
    """
    return [
        ("MAIL", f"{_mail_from(message, extensions)}\r\n".encode()),
        ("RCPT", f"RCPT TO:<{message.rcpt_to}>\r\n".encode()),
        ("DATA", b"DATA\r\n"),
    ]


def on_the_wire(message: Message) -> list[bytes]:
    """The message as DATA wants it, in pieces."""
    return [message.data, b".\r\n"] if message.is_dotless else [dot_stuffed(message.data)]


def dot_stuffed(data: bytes) -> bytes:
    """Leading dots doubled, a CRLF and the final dot (RFC 5321 4.5.2)."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


class Replies:
    """A server's replies out of the octets that came, in whatever portions (RFC 5321 4.2)."""

    def __init__(self) -> None:
        self._octets = b""
        self._lines: list[bytes] = []

    def feed(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        """Code and text of each reply that is complete; -1 for a line that is no reply."""
        *lines, self._octets = (self._octets + octets).split(b"\n")
        for line in lines:
            text = line[4:].strip(b" \t\r")
            if line[3:4] == b"-" or self._lines:
                self._lines.append(text)
                if line[3:4] == b"-":
                    continue
                text, self._lines = b"\n".join(self._lines), []
            yield (int(line[:3]) if line[:3].isdigit() else -1), text
        if len(self._octets) + sum(map(len, self._lines)) > REPLY_OCTETS_MAX:
            yield -1, b"an endless reply"


REPLY_OCTETS_MAX: Final = 65_536


def _mail_from(message: Message, extensions: dict[str, str]) -> str:
    size = f" SIZE={len(message.data)}" if "size" in extensions else ""
    body = " BODY=8BITMIME" if message.is_8bit else ""
    return f"MAIL FROM:<{message.mail_from}>{size}{body}{' SMTPUTF8' if needs_smtputf8(message) else ''}"
