"""One letter's message, ready for every reader: whatever they share is written and encoded once, when it is cut."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from operator import attrgetter
from typing import Final, Literal

from notifier.domain.address import Address, check_address
from notifier.domain.dkim import DkimSigner
from notifier.domain.letter import LetterContent, Personal, PersonalMark, Rendered
from notifier.domain.mail import PARTS_END, Envelope, Letterhead, Stationery, part_head, sender_host
from notifier.domain.message import Message
from notifier.domain.sheets import Base64Sheet, Body, PlainSheet, Sheet, broken_html, fits_lines
from notifier.stages.render.failed import RenderFailed

Encoding = Literal["base64", "8bit"]
UNSIGNED: Final = DkimSigner()
LINK_OCTETS: Final = 300
"""Room kept for each personal link on a line."""
_LINKS: Final[Mapping[str, Callable[[Personal], str]]] = {
    PersonalMark.UNSUBSCRIBE.value: attrgetter("unsubscribe_url"),
    PersonalMark.PREFERENCES.value: attrgetter("preferences_url"),
    PersonalMark.VIEW.value: attrgetter("view_url"),
    PersonalMark.CONFIRM.value: attrgetter("confirm_url"),
    PersonalMark.SIGN_IN.value: attrgetter("sign_in_url"),
    PersonalMark.UNDO.value: attrgetter("undo_url"),
    PersonalMark.TRACE.value: attrgetter("trace"),
}
_MARKUP: Final = re.compile(rb"[&<>\"']")
_MARKS: Final = re.compile("([" + "".join(PersonalMark) + "])")


class Stencil:
    """Makes the message of each reader of one letter, signed where the sender's domain has a key.

    Raises HeaderInvalid for a sender or slug no header may hold.
    """

    def __init__(
        self, rendered: Rendered, content: LetterContent, encoding: Encoding = "base64", dkim: DkimSigner = UNSIGNED
    ) -> None:
        site = content.site
        self._dkim = dkim
        self._domain = sender_host(site.sender_address)
        self._stationery = Stationery.of(letterhead(rendered, content))
        html = broken_html(rendered.html, "".join(PersonalMark), LINK_OCTETS) if encoding == "8bit" else rendered.html
        plain, rich = _sheet(rendered.text, encoding), _sheet(html, encoding)
        heads = part_head("plain", plain.encoding), part_head("html", rich.encoding)
        self._body = Body(heads[0], plain, heads[1], rich, PARTS_END)
        self._is_8bit = "8bit" in {plain.encoding, rich.encoding}
        # Until somebody has confirmed it, a name may be somebody else's message to a stranger.
        self._may_name = content.kind.is_list_mail
        self._has_utf8_sender = not site.sender_address.rpartition("@")[0].isascii()
        self._marks = marks_in(rendered)

    def message(self, personal: Personal) -> Message:
        """The message for one reader. Raises as `draft` does."""
        return self.draft(personal).sealed()

    def draft(self, personal: Personal) -> "Draft":
        """The message for one reader, not signed yet.

        Raises AddressInvalid for an address no server can take, HeaderInvalid or RenderFailed for a missing link.
        """
        to = check_address(personal.address)
        links = links_of(personal, self._marks)
        envelope = Envelope(
            to=to,
            name=personal.name if self._may_name else "",
            message_id=personal.message_id,
            sent_at=personal.sent_at,
            unsubscribe_url=personal.unsubscribe_url,
            preferences_url=personal.preferences_url,
            reply_to=personal.reply_to,
            leave_address=personal.leave_address,
        )
        headers = self._stationery.headers(envelope)
        return Draft(self, personal, to, headers, self._body.fill(links, in_html(links)))

    def sealed(self, draft: "Draft") -> Message:
        """A draft of its own as it leaves: signed where the sender's domain has a key."""
        personal = draft.personal
        signature = self._dkim.sign(self._domain, draft.headers, draft.body, personal.sent_at)
        return Message(
            personal.delivery_id,
            personal.mail_from,
            draft.to.wire,
            b"".join((signature, *draft.headers, b"\r\n", draft.body)),
            draft.to.needs_smtputf8 or self._has_utf8_sender,
            # No header begins with a dot, no continued line either, and no line of base64.
            is_dotless=not self._is_8bit,
            is_8bit=self._is_8bit,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """One reader's letter, whole but for its signature."""

    stencil: Stencil
    personal: Personal
    to: Address
    headers: tuple[bytes, ...] = field(repr=False)
    body: bytes = field(repr=False)

    def sealed(self) -> Message:
        """The message, signed where the sender's domain has a key."""
        return self.stencil.sealed(self)


def letterhead(rendered: Rendered, content: LetterContent) -> Letterhead:
    """What the headers of a letter say to all its readers."""
    site = content.site
    return Letterhead(
        kind=content.kind,
        letter_id=content.letter_id,
        slug=site.slug,
        language=content.language,
        sender_name=site.sender_name,
        sender_address=site.sender_address,
        subject=rendered.subject,
        subject_id=content.subject_id,
    )


def marks_in(rendered: Rendered) -> frozenset[str]:
    """The marks that a letter wants links for."""
    return frozenset(_MARKS.findall(rendered.text + rendered.html)) - {PersonalMark.OPEN, PersonalMark.CLOSE}


def links_of(personal: Personal, wanted: frozenset[str]) -> dict[str, bytes]:
    """Mark -> link, for the text part. Raises RenderFailed where one that is wanted is missing."""
    links = {mark: _LINKS[mark](personal).encode() for mark in wanted}
    for mark, link in links.items():
        if not link:
            raise RenderFailed("personalise", f"no link for {PersonalMark(mark).name}")
    return links


def in_html(links: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The same links as an attribute holds them."""
    if not _MARKUP.search(b" ".join(links.values())):
        return links
    return {mark: escape(link.decode()).encode() for mark, link in links.items()}


def pieces_of(part: str) -> tuple[list[bytes], list[str]]:
    """The octets around the marks of a part, with CRLF line ends, and the marks."""
    bare = part.replace(PersonalMark.OPEN, "").replace(PersonalMark.CLOSE, "").replace("\n", "\r\n")
    pieces = _MARKS.split(bare)
    return [piece.encode() for piece in pieces[0::2]], pieces[1::2]


def _sheet(part: str, encoding: Encoding) -> Sheet:
    pieces, marks = pieces_of(part)
    # A line that SMTP could not carry goes in base64, whatever was asked for.
    is_plain = encoding == "8bit" and fits_lines(pieces, LINK_OCTETS)
    return PlainSheet(pieces, marks) if is_plain else Base64Sheet(pieces, marks)
