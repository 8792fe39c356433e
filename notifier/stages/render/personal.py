"""A Rendered letter as one reader, or nobody in particular, would see it: for previews, trials and the public page."""

import re
from collections.abc import Mapping
from typing import Final

from notifier.domain.dkim import DkimSigner
from notifier.domain.letter import LetterContent, Personal, PersonalMark, Rendered
from notifier.domain.message import Message
from notifier.stages.render.stencil import UNSIGNED, Stencil, in_html, links_of, marks_in, pieces_of

_MARKS: Final = re.compile("[" + "".join(PersonalMark) + "]")
_IMPERSONAL: Final = re.compile(f"{PersonalMark.OPEN}.*?{PersonalMark.CLOSE}", re.DOTALL)
MARK_BYTES: Final = 600
"""Room kept for each personal link that is spliced in later."""
TRACE_BYTES: Final = 70
"""The same for what stands behind a link that is followed."""


def personalise(rendered: Rendered, content: LetterContent, personal: Personal, dkim: DkimSigner = UNSIGNED) -> Message:
    """The message for one reader only. Raises as `Stencil` does."""
    return Stencil(rendered, content, dkim=dkim).message(personal)


def mail_html(rendered: Rendered, personal: Personal) -> str:
    """The HTML one reader gets, decoded: for previews and pictures. Raises RenderFailed for a missing link."""
    return _whole(rendered.html, in_html(links_of(personal, marks_in(rendered))))


def mail_text(rendered: Rendered, personal: Personal) -> str:
    """The same for the text part."""
    return _whole(rendered.text, links_of(personal, marks_in(rendered)))


def public_page(rendered: Rendered) -> str:
    """The letter's HTML for "view in browser", without a single personal link."""
    return _MARKS.sub("", _IMPERSONAL.sub("", rendered.html))


def weight(html: str) -> int:
    """Bytes of a letter's HTML once every mark is a link."""
    # Every line end becomes two bytes on the wire.
    links = sum(html.count(mark) for mark in PersonalMark if mark is not PersonalMark.TRACE)
    return len(html.encode()) + html.count("\n") + MARK_BYTES * links + TRACE_BYTES * html.count(PersonalMark.TRACE)


def _whole(part: str, links: Mapping[str, bytes]) -> str:
    pieces, marks = pieces_of(part)
    own = [links[mark] for mark in marks]
    return b"".join(octets for pair in zip(pieces, [*own, b""], strict=True) for octets in pair).decode()
