"""Headers and MIME of one message, written by our own hand.

`email.message.EmailMessage` loses spaces of long Arabic subjects and turns a long List-Unsubscribe into an encoded
word, which breaks one-click; so every header is folded here (RFC 5322 2.2.3, RFC 2047, RFC 2369, RFC 8058).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from notifier.domain.address import Address, AddressInvalid, a_labels
from notifier.domain.base64_lines import Body, base64_lines
from notifier.domain.text.clean import clean
from notifier.domain.words import LetterKind

LINE_MAX: Final = 76
# No line of base64 begins like this, so no part can hold it.
BOUNDARY: Final = "=_notifier_alternative"
_ASCII_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_UTF8_TOKEN: Final = re.compile(r"[^\x00-\x20\x7f-\xa0\u2028\u2029]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")
_PLAIN_PHRASE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")
_FEEDBACK_LEAST, _FEEDBACK_MOST = 5, 15  # Gmail's limits for the last field of Feedback-ID


class HeaderInvalid(ValueError):  # noqa: N818 - it says what is wrong, as AddressInvalid does
    """A value that no header may carry: it would split a line, or need an encoded-word where none is allowed."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all readers of a letter share."""

    kind: LetterKind
    letter_id: int
    slug: str
    language: str
    sender_name: str
    sender_address: str
    subject: str
    subject_id: str = ""
    """Of a thread: what its stable id is made of."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is one reader's alone. `name` empty leaves the address bare."""

    to: Address
    name: str = field(repr=False)
    message_id: str
    sent_at: datetime
    unsubscribe_url: str = field(default="", repr=False)
    preferences_url: str = field(default="", repr=False)


def build(head: Letterhead, envelope: Envelope, text: Body, html: Body) -> bytes:
    """The message, headers and both parts, with CRLF ends and no line over 76 columns that can be folded.

    Raises HeaderInvalid.
    """
    headers = "\r\n".join(_headers(head, envelope)).encode()
    return b"".join(
        (
            *(headers, b"\r\n\r\n"),
            *_part("plain", text),
            *_part("html", html),
            f"--{BOUNDARY}--\r\n".encode(),
        )
    )


def sender_host(sender_address: str) -> str:
    """The domain letters come from, as A-labels; a bare host name such as `localhost` may stay.

    Raises HeaderInvalid.
    """
    domain = sender_address.rpartition("@")[2]
    try:
        return a_labels(domain)
    except AddressInvalid as error:
        if _HOST.fullmatch(domain):
            return domain.lower()
        # Not AddressInvalid: that says something of the reader.
        message = "the sender's address has no usable domain"
        raise HeaderInvalid(message) from error


def thread_id(slug: str, subject_id: str, host: str) -> str:
    """The Message-ID that stands for a thread; nobody ever gets that message, clients only group by it."""
    digest = sha256(f"{slug} {subject_id}".encode()).hexdigest()[:32]
    return f"<thread.{digest}@{host}>"


def _headers(head: Letterhead, envelope: Envelope) -> Iterator[str]:
    host = sender_host(head.sender_address)
    sender = f"{head.sender_address.rpartition('@')[0]}@{host}"
    yield _mailbox("From", head.sender_name, sender)
    yield _mailbox("To", envelope.name, envelope.to.wire)
    yield _unstructured("Subject", clean_subject(head.subject))
    yield _folded("Date", *format_datetime(envelope.sent_at.astimezone(UTC)).split(" "))
    yield _folded("Message-ID", _bracketed(envelope.message_id))
    yield from _list_headers(head, envelope, sender, host)
    if head.subject_id:
        root = thread_id(head.slug, head.subject_id, host)
        yield _folded("In-Reply-To", root)
        yield _folded("References", root)
    yield _folded("Auto-Submitted", "auto-generated")
    yield _folded("Feedback-ID", f"{head.letter_id}:{head.kind}:{_ascii(head.language)}:{_feedback_sender(head.slug)}")
    yield _folded("Content-Language", _ascii(head.language))
    yield "MIME-Version: 1.0"
    yield _folded("Content-Type", "multipart/alternative;", f'boundary="{BOUNDARY}"')


def _list_headers(head: Letterhead, envelope: Envelope, sender: str, host: str) -> Iterator[str]:
    # A confirmation goes to somebody who is on no list yet.
    if head.kind is LetterKind.CONFIRM:
        return
    mail_to = f"mailto:{quote(sender, safe='@')}"
    yield _folded("List-Id", f"<{_ascii(head.slug)}.{head.kind}.{_ascii(head.language)}.{host}>")
    yield _folded("List-Unsubscribe", f"<{envelope.unsubscribe_url}>,", f"<{mail_to}?subject=unsubscribe>")
    yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    help_url = envelope.preferences_url or f"{mail_to}?subject=help"
    yield _folded("List-Help", f"<{help_url}>")
    yield _folded("List-Owner", f"<{mail_to}>")
    yield "Precedence: bulk"


def clean_subject(subject: str) -> str:
    """A subject without controls; a leading RIGHT-TO-LEFT MARK is ours and stays."""
    mark = "\u200f" if subject.startswith("\u200f") else ""
    return mark + clean(subject)


def _mailbox(name: str, display_name: str, address: str) -> str:
    phrase = clean(display_name)
    angle = f"<{_token(address, _UTF8_TOKEN)}>"
    if not phrase:
        return _folded(name, address)
    if _PLAIN_PHRASE.fullmatch(phrase):
        return _folded(name, *phrase.split(" "), angle)
    encoded = _encoded(name, phrase)
    return f"{name}: {encoded}\r\n {angle}"


def _unstructured(name: str, value: str) -> str:
    is_plain = value.isascii() and "=?" not in value and len(name) + 2 + len(value) <= LINE_MAX
    return f"{name}: {value}" if is_plain else f"{name}: {_encoded(name, value)}"


@lru_cache(maxsize=1024)
def _encoded(name: str, value: str) -> str:
    # The same subject and sender go to thousands of readers, and this is the slow part of a message.
    return Header(value, "utf-8", header_name=name, maxlinelen=LINE_MAX).encode(linesep="\r\n")


def _folded(name: str, *tokens: str) -> str:
    lines = [f"{name}:"]
    for token in tokens:
        safe = _token(token, _UTF8_TOKEN if name in {"To", "From"} else _ASCII_TOKEN)
        # The first token stays beside the name: a line of white space alone is obsolete (RFC 5322 3.2.2).
        if len(lines[-1]) + 1 + len(safe) > LINE_MAX and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {safe}"
    return "\r\n".join(lines)


def _token(value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        message = "a header value holds white space, a control or a letter outside ASCII"
        raise HeaderInvalid(message)
    return value


def _bracketed(message_id: str) -> str:
    return message_id if message_id.startswith("<") else f"<{message_id}>"


def _ascii(label: str) -> str:
    # Slugs and language tags are ASCII where they are made; nothing else may slip between the brackets of List-Id.
    return re.sub(r"[^A-Za-z0-9-]+", "-", label).strip("-") or "x"


def _feedback_sender(slug: str) -> str:
    return _ascii(slug)[:_FEEDBACK_MOST].ljust(_FEEDBACK_LEAST, "0")


def _part(subtype: str, body: Body) -> tuple[bytes, bytes]:
    head = f"--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode(), base64_lines(body)
