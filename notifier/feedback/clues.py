"""Which of our letters something speaks of: only what bears our own MAC is believed."""

import re
from collections.abc import Iterable
from contextlib import suppress
from email.message import Message as Email
from typing import Final
from urllib.parse import unquote

from notifier.domain.links import BOUNCE, MESSAGE, VERP
from notifier.domain.tokens import Signer
from notifier.domain.words import LetterKind

HEADER_MAX: Final = 4000
_MESSAGE_ID: Final = re.compile(r"d([1-9][0-9]{0,18}\.[0-9a-f]{16})(?=@|$)", re.IGNORECASE)
_PATH: Final = re.compile(rf"(?<![\w+]){BOUNCE}\+([1-9][0-9]{{0,18}}\.[0-9a-f]{{16}})(?=@)", re.IGNORECASE)
_LINK: Final = re.compile(r"/u/([1-9][0-9.]{0,60}\.[A-Za-z0-9_-]{24})(?![A-Za-z0-9_-])")
_FEEDBACK_ID: Final = re.compile(r"[0-9]{1,19}:([a-z-]{1,20}):[A-Za-z0-9-]{1,40}:([A-Za-z0-9-]{5,15})")
_HEADERS: Final = (
    "Return-Path", "Original-Mail-From", "X-Original-Mail-From", "Original-Envelope-Id", "Message-ID",
    "X-MS-Exchange-Organization-Original-Message-ID", "References", "List-Unsubscribe",
)  # fmt: skip


def mark(signer: Signer, delivery_id: int) -> str:
    """What names a letter where its Message-ID does not come back: the same, without brackets and host."""
    return f"d{delivery_id}.{signer.short(MESSAGE, delivery_id)}"


def of_text(text: str, signer: Signer) -> int | None:
    """The delivery that a text names by our Message-ID, return path or link; None where it names none of ours."""
    some = text[:HEADER_MAX]
    for pattern, purpose in ((_PATH, VERP), (_MESSAGE_ID, MESSAGE)):
        for found in pattern.finditer(some):
            if number := signer.read_short(purpose, found[1]):
                return number
    for found in _LINK.finditer(unquote(some)):
        ids = signer.read("u", found[1])
        if ids and len(ids) > 1:  # A reader, a delivery and perhaps a generation.
            return ids[1]
    return None


def stream_of(headers: Iterable[Email]) -> tuple[str, LetterKind] | None:
    """The slug, as Feedback-ID cuts it, and the kind of letter that a report names by it. It proves nothing."""
    for mail in headers:
        for value in mail.get_all("Feedback-ID", [])[:4]:
            if found := _FEEDBACK_ID.fullmatch("".join(str(value).split())):
                with suppress(ValueError):
                    return found[2], LetterKind(found[1])
    return None


def of_headers(headers: Iterable[Email], signer: Signer) -> int | None:
    """The delivery that a returned letter's own headers name."""
    for mail in headers:
        for name in _HEADERS:
            for value in mail.get_all(name, [])[:4]:
                # A header that was folded within the brackets.
                if number := of_text("".join(str(value).split()), signer):
                    return number
    return None
