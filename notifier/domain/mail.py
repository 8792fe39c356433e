"""Headers and MIME of one message: which headers there are, in which order, and the two parts (RFC 2369, RFC 8058)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from notifier.domain.address import Address, AddressInvalid, a_labels
from notifier.domain.headers import HeaderInvalid, ascii_label, date, folded, mailbox, unstructured
from notifier.domain.sheets import base64_lines
from notifier.domain.text.clean import clean
from notifier.domain.words import LetterKind

# No line of base64 begins like this, so no part can hold it.
BOUNDARY: Final = "=_notifier_alternative"
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")
_FEEDBACK_LEAST, _FEEDBACK_MOST = 5, 15  # Gmail's limits for the last field of Feedback-ID


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
    reply_to: str = field(default="", repr=False)
    """Where an answer becomes a comment; empty leaves it to the sender's address."""
    leave_address: str = field(default="", repr=False)
    """Where a mail unsubscribes by itself; empty leaves that to the sender's address, and whoever reads its mail."""


def build(head: Letterhead, envelope: Envelope, text: bytes, html: bytes) -> bytes:
    """The message, headers and both parts, with CRLF ends and no line over 76 columns that can be folded.

    The plain way, one message at a time; a letter to many goes by `stages.render.stencil`, and a test holds that
    both give the same bytes. Raises HeaderInvalid.
    """
    stationery = Stationery.of(head)
    return b"".join(
        (
            *(*stationery.headers(envelope), b"\r\n"),
            *(part_head("plain", "base64"), base64_lines(text)),
            *(part_head("html", "base64"), base64_lines(html)),
            PARTS_END,
        )
    )


@dataclass(frozen=True, slots=True)
class Stationery:
    """The headers of a letter, written but for those that are one reader's alone."""

    first: bytes
    last: bytes
    mail_to: str
    """A mailto URL of the sender; empty for a letter to somebody who is on no list."""

    @classmethod
    def of(cls, head: Letterhead) -> "Stationery":
        """The stationery of a letter. Raises HeaderInvalid."""
        host = sender_host(head.sender_address)
        sender = f"{head.sender_address.rpartition('@')[0]}@{host}"
        mail_to = f"mailto:{quote(sender, safe='@')}" if head.kind.is_list_mail else ""
        first = (mailbox("From", head.sender_name, sender), unstructured("Subject", clean_subject(head.subject)))
        return cls(_lines(first), _lines(_shared(head, host, mail_to)), mail_to)

    def headers(self, envelope: Envelope) -> tuple[bytes, bytes, bytes]:
        """All headers, in blocks of whole lines; the first and the last are the same for all. Raises HeaderInvalid."""
        own = [
            mailbox("To", envelope.name, envelope.to.wire),
            f"Date: {date(envelope.sent_at)}",
            folded("Message-ID", _bracketed(envelope.message_id)),
        ]
        if envelope.reply_to:
            own.append(folded("Reply-To", f"<{envelope.reply_to}>"))
        if self.mail_to:
            help_url = envelope.preferences_url or f"{self.mail_to}?subject=help"
            mail_to = f"mailto:{envelope.leave_address}" if envelope.leave_address else self.mail_to
            way_out = (f"<{envelope.unsubscribe_url}>,", f"<{mail_to}?subject=unsubscribe>")
            own += [folded("List-Unsubscribe", *way_out), folded("List-Help", f"<{help_url}>")]
        return self.first, _lines(own), self.last


def part_head(subtype: str, encoding: str) -> bytes:
    """The boundary and the headers before a body."""
    head = f"--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"
    return f"{head}\r\n\r\n".encode()


PARTS_END: Final = f"--{BOUNDARY}--\r\n".encode()


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


def clean_subject(subject: str) -> str:
    """A subject without controls; a leading RIGHT-TO-LEFT MARK is ours and stays."""
    mark = "\u200f" if subject.startswith("\u200f") else ""
    return mark + clean(subject)


def _shared(head: Letterhead, host: str, mail_to: str) -> Iterator[str]:
    language = ascii_label(head.language)
    if mail_to:
        yield folded("List-Id", f"<{ascii_label(head.slug)}.{head.kind}.{language}.{host}>")
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
        yield folded("List-Owner", f"<{mail_to}>")
        yield "Precedence: bulk"
    if head.subject_id:
        root = thread_id(head.slug, head.subject_id, host)
        yield folded("In-Reply-To", root)
        yield folded("References", root)
    yield "Auto-Submitted: auto-generated"
    yield folded("Feedback-ID", f"{head.letter_id}:{head.kind}:{language}:{feedback_sender(head.slug)}")
    yield folded("Content-Language", language)
    yield "MIME-Version: 1.0"
    yield folded("Content-Type", "multipart/alternative;", f'boundary="{BOUNDARY}"')


def _lines(fields: Iterable[str]) -> bytes:
    return "\r\n".join([*fields, ""]).encode()


def _bracketed(message_id: str) -> str:
    return message_id if message_id.startswith("<") else f"<{message_id}>"


def feedback_sender(slug: str) -> str:
    """What Feedback-ID calls a site: its last field, of 5 to 15 characters."""
    return ascii_label(slug)[:_FEEDBACK_MOST].ljust(_FEEDBACK_LEAST, "0")
