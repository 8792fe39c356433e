"""Rules on what stands in a letter: preheader, headings, images, links, and the way out."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from selectolax.lexbor import LexborNode

from notifier.domain.lint.page import Expected, Finding, Page, broken, is_hidden, where
from notifier.domain.pictures import HEIGHT_MAX, WIDTH

_PREHEADER: Final = range(40, 111)
_NEAR_THE_TOP: Final = 3
"""Among so many first links the unsubscribe link must be."""


def _has_a_preheader(page: Page) -> Iterator[Finding]:
    found = page.elements(".preheader")
    words = " ".join((found[0].text() or "").split()) if found else ""
    if len(found) != 1 or len(words) not in _PREHEADER:
        told = f"{len(words)} characters"
        yield broken("preheader", found[0], told) if found else Finding("preheader", told)


def _tables_are_for_layout(page: Page) -> Iterator[Finding]:
    for node in page.elements("table"):
        if node.attributes.get("role") != "presentation":
            yield broken("role", node)


def _images_are_described(page: Page) -> Iterator[Finding]:
    for node in page.elements("img"):
        if not (node.attributes.get("alt") or "").strip():
            yield broken("alt", node, node.attributes.get("src") or "?")
        for name, most in (("width", WIDTH), ("height", HEIGHT_MAX)):
            side = node.attributes.get(name) or ""
            # Outlook knows no max-width: it shows a picture as large as it says.
            if not side.isdecimal() or not 0 < int(side) <= most:
                yield broken("image-size", node, f"{name} {side} {node.attributes.get('src')}")


def _headings_are_in_order(page: Page) -> Iterator[Finding]:
    # One query for all would do if it kept the order of the document for a list of selectors.
    nodes = [node for node in page.elements() if node.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
    levels = [int(str(node.tag)[1]) for node in nodes]
    if levels[:1] != [1] or levels.count(1) != 1:
        told = f"h1: {levels.count(1)}"
        # The one too many, or the heading that came before any.
        firsts = [node for node, level in zip(nodes, levels, strict=True) if level == 1]
        at = firsts[1:] or nodes
        yield broken("headings", at[0], told) if at else Finding("headings", told)
    for (before, after), node in zip(pairwise(levels), nodes[1:], strict=True):
        if after > before + 1:
            yield broken("headings", node, f"h{after} after h{before}")


def _links_lead_somewhere(page: Page) -> Iterator[Finding]:
    for node in page.elements("a"):
        href = node.attributes.get("href") or ""
        if not href.startswith(("https://", "http://", "mailto:")) or any(sign in href for sign in "<> \"'"):
            yield broken("link", node, f"{href[:60]} {where(node)}")
        if not (node.text() or "").strip() and not node.css("img[alt]"):
            yield broken("link-text", node, href[:60] or "<a>")
    for node in page.elements("[style*=background-image], [background]"):
        yield broken("background-image", node)


def links_stand(page: Page, expected: Expected) -> Iterator[Finding]:
    """The way out is seen near the top and again at the end, and the letter can be read in a browser."""
    links = [node for node in page.elements("a[href]") if not is_hidden(node)]
    if expected.unsubscribe_url:
        at = [place for place, node in enumerate(links) if _leads_to(node, expected.unsubscribe_url)]
        if not at or at[0] >= _NEAR_THE_TOP:
            yield Finding("unsubscribe", "not near the top")
        if len(at) < 2 or not _is_in_footer(links[at[-1]]):  # noqa: PLR2004 - at the top and in the footer
            yield Finding("unsubscribe", "not in the footer")
    elif any("unsubscribe" in (node.attributes["href"] or "") for node in links):
        yield Finding("unsubscribe", "where there is nothing to end")
    if expected.view_url and not any(_leads_to(node, expected.view_url) for node in links):
        yield Finding("view-in-browser", "no link")


def _leads_to(node: LexborNode, url: str) -> bool:
    return node.attributes["href"] == url


def _is_in_footer(node: LexborNode) -> bool:
    at: LexborNode | None = node
    while at is not None:
        if "footer" in (at.attributes.get("class") or "").split():
            return True
        at = at.parent
    return False


RULES: Final[tuple[Callable[[Page], Iterator[Finding]], ...]] = (
    _has_a_preheader,
    _tables_are_for_layout,
    _images_are_described,
    _headings_are_in_order,
    _links_lead_somewhere,
)
