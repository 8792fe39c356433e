"""A body as it comes in: unpacked piece by piece, and refused as soon as it is too large."""

import zlib
from collections.abc import Iterator, Mapping
from typing import Final

import httpcore2

from notifier.sources.faults import FetchRefused

_PIECE: Final = 65_536
_ERRORS: Final = 400
_REFUSAL_MAX: Final = 65_536
"""How much is read of what an API says about its own refusal."""


class Body:
    """Collects chunks, plain or gzip; never holds more than `bytes_max` and one piece.

    Raises `FetchRefused` (encoding, too_large, protocol).
    """

    def __init__(self, host: str, encoding: str, bytes_max: int) -> None:
        coding = encoding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise FetchRefused("encoding", f"{host} packs its answer in a way that was not asked for.")
        self._host = host
        self._bytes_max = bytes_max
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if coding.endswith("gzip") else None
        self._received = 0
        self._size = 0
        self._pieces: list[bytes] = []

    def add(self, chunk: bytes) -> None:
        """Take one chunk from the wire."""
        # Counted as received too: a gzip header may be endless and unpack to nothing.
        self._received += len(chunk)
        for piece in self._unpacked(chunk):
            self._size += len(piece)
            self._pieces.append(piece)
            self.refuse_above(self._size)
        self.refuse_above(self._received)

    def whole(self) -> bytes:
        """Everything, once the wire has ended."""
        if self._unpacker is not None and self._received and not self._unpacker.eof:
            raise FetchRefused("protocol", f"{self._host} broke off its answer.")
        return b"".join(self._pieces)

    def refuse_above(self, size: int) -> None:
        """Raise if this many bytes are too many."""
        if size > self._bytes_max:
            raise FetchRefused("too_large", f"{self._host} sent more than {self._bytes_max:,} bytes.")

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield chunk
            return
        try:
            piece = self._unpacker.decompress(chunk, _PIECE)
            while piece:
                yield piece
                piece = self._unpacker.decompress(self._unpacker.unconsumed_tail, _PIECE)
        except zlib.error as error:
            raise FetchRefused("encoding", f"{self._host} sent a damaged gzip body.") from error


def refusal(response: httpcore2.Response, headers: Mapping[str, str]) -> bytes:
    """The beginning of what an API says about its refusal; a web page is not read."""
    told = b""
    if response.status >= _ERRORS and "json" in headers.get("content-type", ""):
        for chunk in response.iter_stream():
            told += chunk
            if len(told) > _REFUSAL_MAX:
                break
    return told[:_REFUSAL_MAX]
