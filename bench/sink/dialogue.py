"""What a sink says to one client: bytes in, replies out, no socket."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bench.sink.faults import REPLIES, Place, Trouble, What

END: Final = b"\r\n.\r\n"
GREETING: Final = b"220 sink.example ESMTP\r\n"
COUNTED: Final = b"250 2.0.0 counted\r\n"
_HELLO: Final = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"
_OK: Final = b"250 2.0.0 OK\r\n"
_GO_ON: Final = b"354 go on\r\n"
_TO_NOBODY: Final = b"554 5.5.1 to whom?\r\n"
_BYE: Final = b"221 2.0.0 bye\r\n"


HEADERS_END: Final = b"\r\n\r\n"
DOTS_TRIED: Final = 20


def end_of_content(chunk: bytearray, at: int, size: int) -> int:
    """Where the first END in these octets begins; -1 where none does.

    By its dot, for base64 has none: looking for all five octets would take a fifth of the sink's time.
    """
    body = max(at, chunk.find(HEADERS_END, at, size))
    if (early := chunk.find(END, at, min(size, body + len(HEADERS_END)))) >= 0:
        return early
    for _ in range(DOTS_TRIED):
        dot = chunk.find(b".", body, size)
        if dot < 0:
            return -1
        if at <= dot - 2 and dot + 3 <= size and chunk.startswith(END, dot - 2):
            return dot - 2
        body = dot + 1
    return chunk.find(END, at, size)


class Then(Enum):
    """What becomes of the connection after a turn."""

    STAY = 0
    END = 1
    """The replies, then a goodbye in order."""
    DROP = 2
    """The replies, then nothing more, as when a cable is cut."""


@dataclass(slots=True)
class Taken:
    """A letter whose 250 stands in a turn."""

    recipients: list[bytes]
    size: int


@dataclass(slots=True)
class Turn:
    """What to say next, all in one write."""

    said: list[bytes] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    then: Then = Then.STAY
    wait_s: float = 0.0


class Dialogue:
    """One client's session. Content is looked through for its end and thrown away."""

    __slots__ = ("_is_cut", "_is_letter", "_recipients", "_size", "_tail", "_trouble")

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._is_letter = False
        self._is_cut = False
        """The connection is to break in the midst of this letter."""
        self._tail = b""
        """Half a command; within a letter, the last bytes seen, for its end may come in two pieces."""
        self._recipients: list[bytes] = []
        self._size = 0

    def heard(self, chunk: bytearray, size: int) -> Turn:
        """Take the first `size` bytes of a chunk; gives what to answer, which may be nothing."""
        turn, at = Turn(), 0
        while at < size and turn.then is Then.STAY:
            at = self._content(chunk, at, size, turn) if self._is_letter else self._line(chunk, at, size, turn)
        return turn

    def _line(self, chunk: bytearray, at: int, size: int, turn: Turn) -> int:
        newline = chunk.find(b"\n", at, size)
        if newline < 0:
            self._tail += bytes(chunk[at:size])
            return size
        line, self._tail = self._tail + bytes(chunk[at:newline]), b""
        turn.said.append(self._command(line, turn))
        return newline + 1

    def _content(self, chunk: bytearray, at: int, size: int, turn: Turn) -> int:
        """Look for the end of the letter; gives the place behind it, or `size`."""
        if self._is_cut:
            turn.then = Then.DROP
            return size
        seam = self._tail + bytes(chunk[at : min(at + 4, size)])
        found = seam.find(END)
        end = at + found + len(END) - len(self._tail) if found >= 0 else end_of_content(chunk, at, size) + len(END)
        if found < 0 and end < len(END):
            self._size += size - at
            self._tail = (seam if size - at < len(END) else bytes(chunk[size - 4 : size]))[-4:]
            return size
        self._is_letter, self._tail = False, b""
        turn.said.append(self._letter(self._size + end - at, turn))
        return end

    def _letter(self, size: int, turn: Turn) -> bytes:
        reply = self._stumble(Place.DOT, turn)
        if reply is None:
            turn.taken.append(Taken(self._recipients, size))
        self._recipients = []
        return COUNTED if reply is None else reply

    def _command(self, line: bytes, turn: Turn) -> bytes:
        match line[:4].upper():
            case b"MAIL" | b"RSET":
                self._recipients = []
            case b"RCPT":
                return self._rcpt(line, turn)
            case b"DATA":
                return self._data(turn)
            case b"EHLO":
                return _HELLO
            case b"QUIT":
                turn.then = Then.END
                return _BYE
        return _OK

    def _rcpt(self, line: bytes, turn: Turn) -> bytes:
        reply = self._stumble(Place.RCPT, turn)
        if reply is None:
            self._recipients.append(line.partition(b"<")[2].partition(b">")[0])
        return _OK if reply is None else reply

    def _data(self, turn: Turn) -> bytes:
        if not self._recipients:
            return _TO_NOBODY
        reply = self._stumble(Place.DATA, turn)
        if reply is not None:
            return reply
        self._is_letter, self._size = True, 0
        # The line before the first of a letter has ended: a lone dot is an empty letter.
        self._tail = b"\r\n"
        self._is_cut = bool(self._trouble.by_place) and self._trouble.strikes(Place.CONTENT) is not None
        return _GO_ON

    def _stumble(self, place: Place, turn: Turn) -> bytes | None:
        """What is said in place of the right answer; None where that is said, if only after a while."""
        what = self._trouble.strikes(place) if self._trouble.by_place else None
        match what:
            case None:
                return None
            case What.HANG:
                turn.wait_s = self._trouble.hang_s
                return None
            case What.DROP:
                turn.then = Then.DROP
                return b""
            case What.R421:
                turn.then = Then.END
        return REPLIES[what]
