"""Bytes to text, whatever the headers claim: byte-order marks, UTF-16, UTF-8, Windows-1256 declared or not."""

import codecs
import re
from collections.abc import Iterable
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_IN_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_IN_XML: Final = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']", re.IGNORECASE)
_IN_HTML: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_UTF8_LETTER: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Names of character sets, and no other codec of Python's ("unicode_escape", "idna").
_CHARSET: Final = re.compile(r"(?:cp|iso8859|koi8|gb|big5|euc|shift_jis|mac|tis|hz|iso2022|utf-(?:8|16|32))[\w-]*")
_WESTERN: Final = frozenset({"iso8859-1", "cp1252", "iso8859-15"})
_ARABIC: Final = "cp1256"
_HEAD: Final = 2048
_SAMPLE: Final = 65_536


def decode(body: bytes, content_type: str) -> str:
    """The text of a feed or page. Never raises: what cannot be read becomes U+FFFD.

    What the bytes show goes before what the XML declares, and that before the HTTP header: a byte-order mark, then
    UTF-8 (a few broken bytes are forgiven), then a declared charset, then Windows-1256 or -1252 by their looks.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    name = _wide(body) or ("utf-8" if _is_utf8(body) else _declared(body, content_type) or _guessed(body))
    return body.decode(name, "replace")


def of_lines(lines: Iterable[bytes]) -> str:
    """The charset of a text too long to hold, by the same looks: each line is seen once and let go."""
    letters = broken = 0
    strange = b""
    for number, line in enumerate(lines):
        if number == 0 and (marked := next((name for mark, name in _MARKS if line.startswith(mark)), "")):
            return marked
        if line.isascii():
            continue
        rest, found = _UTF8_LETTER.subn(b"", line)
        bad = _HIGH_RUN.findall(rest)
        letters += found
        broken += sum(len(run) for run in bad)
        if bad and len(strange) < _SAMPLE:
            strange += line[:_HEAD]
    return "utf-8" if letters >= 10 * broken else _guessed(strange)


def _wide(body: bytes) -> str:
    match body[:4]:
        case b"<\0?\0" | b"<\0r\0" | b"<\0f\0" | b"{\0\n\0" | b'{\0"\0':
            return "utf-16-le"
        case b"\0<\0?" | b"\0<\0r" | b"\0<\0f" | b"\0{\0\n" | b'\0{\0"':
            return "utf-16-be"
    return ""


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        rest, letters = _UTF8_LETTER.subn(b"", body)
        broken = sum(len(run) for run in _HIGH_RUN.findall(rest))
        return letters > 10 * broken
    # Seven-bit charsets (ISO-2022) look like ASCII; their escape byte has no place in a feed.
    return b"\x1b" not in body


def _declared(body: bytes, content_type: str) -> str:
    """The declared charset that says most: a Western one is often no more than a server's default."""
    in_xml, in_html = _IN_XML.search(body[:_HEAD]), _IN_HTML.search(body[:_HEAD])
    in_header = _IN_HEADER.search(content_type)
    names = [m.group(1).decode("ascii") for m in (in_xml, in_html) if m]
    names += [in_header.group(1)] if in_header else []
    known = [name for name in map(_codec, names) if name and not name.startswith("utf")]
    return next((name for name in known if name not in _WESTERN), "")


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name.lower().removeprefix("x-")).name
    except (LookupError, ValueError):
        return ""
    return found if _CHARSET.fullmatch(found) else ""


def _guessed(body: bytes) -> str:
    """Arabic words are runs of high bytes; in Western ones a high byte mostly stands alone."""
    runs = [len(run) for run in _HIGH_RUN.findall(body)]
    in_words = sum(length for length in runs if length > 1)
    return _ARABIC if 2 * in_words > sum(runs) else "cp1252"
