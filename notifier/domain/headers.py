"""Header fields by our own hand: folded, encoded-words where they are needed, nothing that could split a line.

`email.message.EmailMessage` loses spaces of long Arabic subjects and turns a long List-Unsubscribe into an encoded
word, which breaks one-click; so every header is folded here (RFC 5322 2.2.3, RFC 2047).
"""

import re
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from notifier.domain.text.clean import clean

LINE_MAX: Final = 76
WORD_MAX: Final = 75  # RFC 2047 2
_OPEN, _CLOSE = "=?utf-8?b?", "?="
_ASCII_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_UTF8_TOKEN: Final = re.compile(r"[^\x00-\x20\x7f-\xa0\u2028\u2029]+")
_PLAIN_PHRASE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")


class HeaderInvalid(ValueError):  # noqa: N818 - it says what is wrong, as AddressInvalid does
    """A value that no header may carry: it would split a line, or need an encoded-word where none is allowed."""


def folded(name: str, *tokens: str) -> str:
    """`Name: token token`, on several lines where it is long. Raises HeaderInvalid for a token outside ASCII."""
    return _folded(name, tokens, _ASCII_TOKEN)


def unstructured(name: str, value: str) -> str:
    """A header of free text, such as the subject, in encoded-words where it needs them."""
    is_plain = value.isascii() and "=?" not in value and len(name) + 2 + len(value) <= LINE_MAX
    return f"{name}: {value}" if is_plain else f"{name}: {encoded_words(value, len(name) + 2)}"


def mailbox(name: str, display_name: str, address: str) -> str:
    """`Name: display name <address>`; the address may be UTF-8 (RFC 6532). Raises HeaderInvalid."""
    phrase = clean(display_name)
    if not phrase:
        return _folded(name, (address,), _UTF8_TOKEN)
    angle = f"<{_token(address, _UTF8_TOKEN)}>"
    if _PLAIN_PHRASE.fullmatch(phrase):
        return _folded(name, (*phrase.split(" "), angle), _UTF8_TOKEN)
    return f"{name}: {encoded_words(phrase, len(name) + 2)}\r\n {angle}"


def encoded_words(text: str, column: int) -> str:
    """The text as encoded-words of RFC 2047, split between characters; the first begins at `column`."""
    words, chunk, room = [], b"", _octets(LINE_MAX - column)
    if len(whole := text.encode()) <= room:
        return f"{_OPEN}{b64encode(whole).decode()}{_CLOSE}"
    for character in text:
        octets = character.encode()
        if len(chunk) + len(octets) > room:
            words.append(chunk)
            chunk, room = b"", _octets(WORD_MAX)
        chunk += octets
    return "\r\n ".join([_OPEN + b64encode(word).decode() + _CLOSE for word in [*words, chunk]])


def date(at: datetime) -> str:
    """The value of a Date header (RFC 5322 3.3), in UTC."""
    return _date(int(at.timestamp()))


def ascii_label(label: str) -> str:
    """A slug or language tag with nothing in it that could end the brackets it stands in."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", label).strip("-") or "x"


@lru_cache(maxsize=64)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _octets(columns: int) -> int:
    # Four columns of base64 hold three octets.
    return (min(columns, WORD_MAX) - len(_OPEN) - len(_CLOSE)) // 4 * 3


def _folded(name: str, tokens: tuple[str, ...], shape: re.Pattern[str]) -> str:
    for token in tokens:
        _token(token, shape)
    return _frame(name, tuple(map(len, tokens))) % tokens


# Where a line ends the lengths decide, and the letters of one kind have the same few.
@lru_cache(maxsize=512)
def _frame(name: str, lengths: tuple[int, ...]) -> str:
    """The header with `%s` for each token of such a length."""
    lines, column = f"{name}:", len(name) + 1
    for place, length in enumerate(lengths):
        # The first token stays beside the name: a line of white space alone is obsolete (RFC 5322 3.2.2).
        is_full = place > 0 and column + 1 + length > LINE_MAX
        lines += "\r\n %s" if is_full else " %s"
        column = (0 if is_full else column) + 1 + length
    return lines


def _token(value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        message = "a header value holds white space, a control or a letter outside ASCII"
        raise HeaderInvalid(message)
    return value
