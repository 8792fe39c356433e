"""A kept letter: its line in the list, and all that can be looked at."""

from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from itertools import islice
from typing import Final

from notifier.embedded.inbox.headers import AS_IT_CAME, decoded_bytes, pairs, parsed_headers

PARTS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter in the list. `rcpt_to` is whom the envelope names, `to` what the letter says."""

    id: int
    received_at: datetime
    mail_from: str = field(repr=False)
    rcpt_to: tuple[str, ...] = field(repr=False)
    subject: str
    sender_name: str
    sender_address: str
    to: str = field(repr=False)
    date: str
    size: int
    """Bytes of the whole message."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter opened. `text` and `html` are "" where the letter has no such part."""

    entry: Entry
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    html_size: int
    """Bytes of the HTML part, decoded: what Gmail counts."""
    is_readable: bool
    """False where the MIME structure could not be followed: then there are headers and a source, and no parts."""
    raw: bytes = field(repr=False)

    @property
    def source(self) -> str:
        """The message as text."""
        return decoded_bytes(self.raw)

    @property
    def size(self) -> int:
        """Bytes of the whole message."""
        return len(self.raw)

    def header(self, name: str) -> str:
        """The first header of this name, decoded; "" without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def opened(entry: Entry, raw: bytes) -> Letter:
    """Read a message; one that is broken gives what can be read of it."""
    headers = pairs(parsed_headers(raw))
    try:
        message = BytesParser(policy=AS_IT_CAME).parsebytes(raw)
        text, html = _body(message, "text/plain"), _body(message, "text/html")
    # Strangers write letters: whatever one of them trips over, its source can still be shown.
    except Exception:  # noqa: BLE001 - the reason stands above
        return Letter(entry, headers, "", "", 0, is_readable=False, raw=raw)
    return Letter(entry, headers, text.read(), html.read(), len(html.data), is_readable=True, raw=raw)


@dataclass(frozen=True, slots=True)
class _Body:
    data: bytes = b""
    charset: str | None = None

    def read(self) -> str:
        return decoded_bytes(self.data, self.charset)


def _body(message: Message, kind: str) -> _Body:
    """The first part of a kind that is no attachment."""
    for part in islice(message.walk(), PARTS_MAX):
        if part.get_content_type() != kind or part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            return _Body(data, part.get_content_charset())
    return _Body()
