"""The relaxed canonical form of headers and body (RFC 6376 3.4.2, 3.4.4), quick where a message has it already."""

import re
from hashlib import sha256
from typing import Final

_SPACES: Final = re.compile(rb"[ \t]+")
_FOLD: Final = re.compile(rb"\r\n(?=[ \t])")
_SPACES_LOOKED_AT: Final = 64
"""A base64 body has a few, in the heads of its parts; finding one octet is far quicker than finding two."""


def relaxed_fields(headers: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The name of each header field, in lower case, and the whole field in relaxed form, CRLF included.

    `headers` ends with the CRLF of its last line. What is no field has a name that nobody asks for.
    """
    names: list[bytes] = []
    fields: list[bytes] = []
    for line in _unfolded(headers).removesuffix(b"\r\n").split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.rstrip(b" ").lower()
        names.append(name)
        fields.append(b"%b:%b\r\n" % (name, value.lstrip(b" ")))
    return tuple(names), tuple(fields)


def body_hash(body: bytes) -> bytes:
    """SHA-256 of the relaxed body: 32 octets. `body` has CRLF line ends."""
    if not body.endswith(b"\r\n") or not _is_squeezed(body):
        body = _squeezed(body)
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    # Empty lines at the end do not count; the CRLF of the last line does, even if it is missing.
    digest = sha256(memoryview(body)[:end])
    digest.update(b"\r\n" if end else b"")
    return digest.digest()


def _unfolded(headers: bytes) -> bytes:
    # We fold with CRLF and one space, so that this is all there is to do.
    unfolded = headers.replace(b"\r\n ", b" ")
    if b"\t" in unfolded or b"  " in unfolded or b" \r\n" in unfolded:
        return _squeezed(_FOLD.sub(b"", headers))
    return unfolded


def _is_squeezed(body: bytes) -> bool:
    """Whether no white space stands at the end of a line or beside another. `body` ends with CRLF."""
    if b"\t" in body:
        return False
    at = body.find(b" ")
    for _ in range(_SPACES_LOOKED_AT):
        if at < 0:
            return True
        if body[at + 1] in b" \r":
            return False
        at = body.find(b" ", at + 1)
    return at < 0 or (body.find(b"  ", at) < 0 and body.find(b" \r\n", at) < 0)


def _squeezed(text: bytes) -> bytes:
    """One space for each run of white space, none at the end of a line or of the text."""
    return _SPACES.sub(b" ", text).replace(b" \r\n", b"\r\n").removesuffix(b" ")
