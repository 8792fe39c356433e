"""A stream of lines in which none is longer than is looked at: what is beyond is dropped as it comes."""

from typing import Final

_END: Final = b"\r\n"


class Lines:
    """Cuts the end off overlong lines, so that nobody keeps 50 MB of one to say that it is too long."""

    def __init__(self, most: int) -> None:
        """`most`: octets of a line that are passed on, its end not counted."""
        self._most = most
        self._length = 0
        self._has_cr = False
        """Whether what came last may be the first half of a line's end."""

    def cut(self, data: bytes) -> bytes:
        """What of these octets is passed on; they may begin and end anywhere in a line."""
        kept: list[bytes] = []
        rest = (b"\r" if self._has_cr else b"") + data
        self._has_cr = rest.endswith(b"\r")
        if self._has_cr:
            rest = rest[:-1]
        while rest:
            line, end, rest = rest.partition(_END)
            kept += [line[: max(0, self._most - self._length)], end]
            self._length = 0 if end else self._length + len(line)
        return b"".join(kept)
