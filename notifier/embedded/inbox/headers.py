"""Header values as people read them (RFC 2047), whatever a broken letter holds in their place."""

import re
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Final

# compat32 keeps each header as it came; policy.default misreads display names and fails on some broken ones.
AS_IT_CAME: Final = policy.compat32
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])|[\r\n]+")
_UNSHOWABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# Python also "decodes" hex, zlib and escapes under such names; none of them is a charset of mail.
_CHARSET: Final = re.compile(
    r"(?:utf|us-ascii|ascii|iso|latin|windows|cp|koi|gb|big5|euc|shift|mac|tis)[\w-]*", re.IGNORECASE
)
_END: Final = re.compile(rb"\r?\n\r?\n")
_VALUE_MAX: Final = 20_000


def parsed_headers(raw: bytes) -> Message:
    """The headers alone; the body is not even looked at, for a parser would split it into lines."""
    end = _END.search(raw)
    return BytesHeaderParser(policy=AS_IT_CAME).parsebytes(raw[: end.end()] if end else raw)


def pairs(message: Message) -> tuple[tuple[str, str], ...]:
    """(name, decoded value) of every header, in order."""
    return tuple((decoded_bytes(_as_bytes(name)), decoded(str(value))) for name, value in message.raw_items())


def value(message: Message, name: str) -> str:
    """The decoded value of the first header of this name; "" without one."""
    return decoded(_raw(message, name))


def mailbox(message: Message, name: str) -> tuple[str, str]:
    """(display name, address) of an address header: parsed first, decoded then, so that a name may hold a comma."""
    raw = _FOLD.sub("", _raw(message, name))[:_VALUE_MAX]
    display_name, address = parseaddr(raw)
    return decoded(display_name), decoded(address) if address else decoded(raw)


def decoded(raw: str) -> str:
    """A header's value with its encoded words read; what cannot be read stays as it came."""
    unfolded = decoded_bytes(_as_bytes(_FOLD.sub("", raw)[:_VALUE_MAX])).strip()
    try:
        chunks = decode_header(unfolded)
    except (HeaderParseError, ValueError):
        return unfolded
    return showable("".join(_chunk(text, charset, unfolded) for text, charset in chunks)).strip()


def decoded_bytes(raw: bytes, charset: str | None = "utf-8") -> str:
    """Text of a charset, with U+FFFD for what is none; an unknown charset reads as UTF-8."""
    known = charset if charset and _CHARSET.fullmatch(charset) else "utf-8"
    try:
        return showable(raw.decode(known, "replace"))
    except (LookupError, UnicodeError):
        return showable(raw.decode("utf-8", "replace"))


def showable(text: str) -> str:
    """The text without controls and half surrogate pairs, which neither a page nor a database can hold."""
    return _UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _raw(message: Message, name: str) -> str:
    wanted = name.lower()
    return next((str(found) for key, found in message.raw_items() if key.lower() == wanted), "")


def _as_bytes(text: str) -> bytes:
    # The parser keeps bytes outside ASCII as half surrogate pairs: with SMTPUTF8 they are plain UTF-8.
    return text.encode("utf-8", "surrogateescape")


def _chunk(text: bytes | str, charset: str | None, whole: str) -> str:
    if isinstance(text, str):
        return text
    if charset:
        return decoded_bytes(text, charset)
    # What stands between encoded words: decode_header hands out letters beyond ASCII as escapes.
    return text.decode("ascii" if whole.isascii() else "raw-unicode-escape", "replace")
