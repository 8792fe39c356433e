"""Base64 at 76 columns, in which only the personal bytes of a letter are encoded anew for each reader."""

from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

LINE: Final = 76
_GROUP: Final = 3
"""Three bytes become four characters; a piece that ends between them hands the rest on."""

Body = Iterable[tuple[bytes, bytes]]
"""Pieces that all readers share, each followed by what is one reader's alone (or nothing)."""


def base64_lines(body: Body) -> bytes:
    """The whole body in lines that end with CRLF; a line may be short, which RFC 2045 6.8 leaves open."""
    written, carry = [], b""
    for shared, own in body:
        borrowed = -len(carry) % _GROUP
        if len(shared) < borrowed:
            carry += shared + own
            continue
        encoded, rest = _encoded(shared, borrowed)
        written += [_lines(carry + shared[:borrowed]), encoded]
        carry = rest + own
    return b"".join([*written, _lines(carry)])


# A chunk of deliveries shares the very same bytes objects: their hash is kept in them, their equality is identity.
@lru_cache(maxsize=512)
def _encoded(shared: bytes, borrowed: int) -> tuple[bytes, bytes]:
    end = len(shared) - (len(shared) - borrowed) % _GROUP
    return _lines(shared[borrowed:end]), shared[end:]


def _lines(data: bytes) -> bytes:
    encoded = b64encode(data)
    return b"".join([encoded[at : at + LINE] + b"\r\n" for at in range(0, len(encoded), LINE)])
