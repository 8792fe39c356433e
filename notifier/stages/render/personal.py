"""From a Rendered letter to each reader's Message: the personal links spliced in, and nothing else done again."""

import re
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Final

from notifier.domain.address import check_address
from notifier.domain.dkim import DkimSigner
from notifier.domain.letter import LetterContent, Personal, PersonalMark, Rendered
from notifier.domain.mail import Envelope, Letterhead, build, sender_host
from notifier.domain.message import Message
from notifier.domain.weburl import web_url
from notifier.domain.words import LetterKind
from notifier.stages.render.failed import RenderFailed

_MARKS: Final = re.compile("([" + "".join(PersonalMark) + "])")
_IMPERSONAL: Final = re.compile(f"{PersonalMark.OPEN}.*?{PersonalMark.CLOSE}", re.DOTALL)
_HEADERS_END: Final = b"\r\n\r\n"
_UNSIGNED: Final = DkimSigner()
MARK_BYTES: Final = 600
"""Room kept for each personal link that is spliced in later."""


def personalise(
    rendered: Rendered, content: LetterContent, personal: Personal, dkim: DkimSigner = _UNSIGNED
) -> Message:
    """The message for one reader, signed where the sender's domain has a key.

    Raises AddressInvalid for an address no server can take, HeaderInvalid or RenderFailed for a missing link.
    """
    site, to = content.site, check_address(personal.address)
    is_confirmation = content.kind is LetterKind.CONFIRM
    links = _links(personal)
    head = Letterhead(
        kind=content.kind,
        letter_id=content.letter_id,
        slug=site.slug,
        language=content.language,
        sender_name=site.sender_name,
        sender_address=site.sender_address,
        subject=rendered.subject,
        subject_id=content.subject_id,
    )
    envelope = Envelope(
        to=to,
        # Nobody has confirmed the name yet: it may be somebody's message to a stranger.
        name="" if is_confirmation else personal.name,
        message_id=personal.message_id,
        sent_at=personal.sent_at,
        unsubscribe_url=links[PersonalMark.UNSUBSCRIBE],
        preferences_url=links[PersonalMark.PREFERENCES],
    )
    data = build(head, envelope, _spliced(rendered.text, links, is_html=False), _spliced(rendered.html, links))
    data = _signed(data, dkim, sender_host(site.sender_address), personal.sent_at)
    needs_smtputf8 = to.needs_smtputf8 or not site.sender_address.rpartition("@")[0].isascii()
    return Message(personal.delivery_id, personal.mail_from, to.wire, data, needs_smtputf8)


def _signed(data: bytes, dkim: DkimSigner, domain: str, at: datetime) -> bytes:
    head, _, body = data.partition(_HEADERS_END)
    return dkim.sign(domain, head + b"\r\n", body, at) + data


def mail_html(rendered: Rendered, personal: Personal) -> str:
    """The HTML one reader gets, decoded: for previews and pictures. Raises RenderFailed for a missing link."""
    return _whole(_spliced(rendered.html, _links(personal)))


def mail_text(rendered: Rendered, personal: Personal) -> str:
    """The same for the text part."""
    return _whole(_spliced(rendered.text, _links(personal), is_html=False))


def public_page(rendered: Rendered) -> str:
    """The letter's HTML for "view in browser", without a single personal link."""
    return _MARKS.sub("", _IMPERSONAL.sub("", rendered.html))


def _links(personal: Personal) -> dict[str, str]:
    return {
        PersonalMark.UNSUBSCRIBE: web_url(personal.unsubscribe_url),
        PersonalMark.PREFERENCES: web_url(personal.preferences_url),
        PersonalMark.VIEW: web_url(personal.view_url),
        PersonalMark.CONFIRM: web_url(personal.confirm_url),
    }


def _spliced(part: str, links: dict[str, str], *, is_html: bool = True) -> list[tuple[bytes, bytes]]:
    return [(piece, _link(mark, links, is_html=is_html)) for piece, mark in _segments(part)]


def _link(mark: str, links: dict[str, str], *, is_html: bool) -> bytes:
    if not mark:
        return b""
    if not links[mark]:
        raise RenderFailed("personalise", f"no link for {PersonalMark(mark).name}")
    return (escape(links[mark]) if is_html else links[mark]).encode()


def _whole(body: list[tuple[bytes, bytes]]) -> str:
    return b"".join(piece + own for piece, own in body).decode()


# Keyed by the very string that a whole chunk of deliveries shares: its hash is kept in it, its equality is identity.
@lru_cache(maxsize=64)
def _segments(part: str) -> tuple[tuple[bytes, str], ...]:
    bare = part.replace(PersonalMark.OPEN, "").replace(PersonalMark.CLOSE, "").replace("\n", "\r\n")
    pieces = _MARKS.split(bare)
    return tuple(
        (pieces[at].encode(), pieces[at + 1] if at + 1 < len(pieces) else "") for at in range(0, len(pieces), 2)
    )


def weight(html: str) -> int:
    """Bytes of a letter's HTML once every mark is a link."""
    # Every line end becomes two bytes on the wire.
    return len(html.encode()) + html.count("\n") + MARK_BYTES * len(_MARKS.findall(html))
