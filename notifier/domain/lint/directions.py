"""Rules on direction: said everywhere, three times over, and never against the letter's own."""

from collections.abc import Callable, Iterator
from typing import Final

from selectolax.lexbor import LexborNode

from notifier.domain.lint.page import Finding, Page, broken, declared_direction, is_hidden, lineage, style, where
from notifier.domain.text.bidi import letter_way

_SIDES: Final = {"rtl": "right", "ltr": "left"}
_OTHER: Final = {"rtl": "ltr", "ltr": "rtl"}
_FRAMES: Final = "html, body, .wrapper, .preheader, table"


def _frames_say_it(page: Page) -> Iterator[Finding]:
    for node in page.elements(_FRAMES):
        way = node.attributes.get("dir")
        if way not in _SIDES or style(node).get("direction") != way:
            yield broken("direction-missing", node)
    for node in page.elements("html, body, .wrapper"):
        if node.attributes.get("dir") == _OTHER[page.direction]:
            yield broken("against-direction", node)
        if not (node.attributes.get("lang") or ""):
            yield broken("lang-missing", node)


def _cells_say_it(page: Page) -> Iterator[Finding]:
    for cell in {at.mem_id: at for node, _ in page.texts() for at in [_cell_of(node)] if at is not None}.values():
        way, look = cell.attributes.get("dir"), style(cell)
        if way not in _SIDES or look.get("direction") != way:
            yield broken("direction-missing", cell)
        elif not cell.attributes.get("align") or look.get("text-align") != cell.attributes.get("align"):
            yield broken("align-missing", cell)
        elif cell.attributes["align"] not in {_SIDES[way], "center"}:
            yield broken("align-wrong", cell)


def _nothing_goes_against_it(page: Page) -> Iterator[Finding]:
    other = _OTHER[page.direction]
    side = _SIDES[other]
    for node in page.elements():
        if declared_direction(node) == other:
            continue
        look = style(node)
        against = {
            "direction": look.get("direction") == other,
            "text-align": look.get("text-align") == side,
            "float": look.get("float") == side,
            "align": node.attributes.get("align") == side,
        }
        for name in (name for name, is_so in against.items() if is_so):
            yield broken("against-direction", node, f"{name} {where(node)}")


def _runs_are_isolated(page: Page) -> Iterator[Finding]:
    for node, words in page.texts():
        way = declared_direction(node)
        ways = {letter_way(character) for character in words} - {None}
        if way in _OTHER and _OTHER[way] in ways:
            yield broken("not-isolated", node, f"{where(node)}: {words.strip()[:40]}")


def _islands_are_isolated(page: Page) -> Iterator[Finding]:
    for node in page.elements("span[dir]"):
        look = style(node)
        if look.get("unicode-bidi") != "isolate" or look.get("direction") != node.attributes.get("dir"):
            yield broken("island", node)


def _dir_stands_where_it_may(page: Page) -> Iterator[Finding]:
    for node in page.elements("[dir]"):
        if node.attributes["dir"] not in _SIDES:
            yield broken("dir-auto", node)
        if node.tag == "a":
            yield broken("dir-on-link", node)


def _cell_of(node: LexborNode) -> LexborNode | None:
    if is_hidden(node):
        return None
    return next((at for at in lineage(node) if at.tag in {"td", "th"}), None)


RULES: Final[tuple[Callable[[Page], Iterator[Finding]], ...]] = (
    _frames_say_it,
    _cells_say_it,
    _nothing_goes_against_it,
    _runs_are_isolated,
    _islands_are_isolated,
    _dir_stands_where_it_may,
)
