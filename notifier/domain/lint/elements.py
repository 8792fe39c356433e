"""Rules on one element as it is written in a template: what it is, what it must say of itself."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from notifier.domain.lint.tags import JINJA, Piece

FORBIDDEN_TAGS: Final = frozenset(
    {"bdi", "bdo", "i", "em", "cite", "address", "marquee", "center", "script", "form", "input", "iframe", "object"}
    | {"embed", "video", "audio", "svg", "link", "base"}
)
_DIRECTION: Final = re.compile(r"(?<![-\w])direction\s*:")
_TEXT_ALIGN: Final = re.compile(r"text-align\s*:")
_WHOLE: Final = re.compile(rf"\d+|(?:{JINJA})+", re.DOTALL)
_SIDED_CELLS: Final = frozenset({"td", "th"})
_FRAMES: Final = frozenset({"html", "body", "table", "td", "th"})

Broken = Iterator[tuple[str, str]]
"""(rule, what breaks it)"""


def _is_known(piece: Piece) -> Broken:
    if piece.name in FORBIDDEN_TAGS:
        yield "forbidden-tag", f"<{piece.name}>"
    if piece.name == "style":  # Had it an end, it would be no tag but a style block.
        yield "css", "<style>"


def _says_its_direction(piece: Piece) -> Broken:
    way = piece.attributes.get("dir")
    if piece.name in _FRAMES and (not way or not _DIRECTION.search(piece.attributes.get("style", ""))):
        yield "direction-missing", f"<{piece.name}>"
    if way == "auto":
        yield "dir-auto", f"<{piece.name}>"
    if way is not None and piece.name == "a":
        yield "dir-on-link", "<a>"


def _says_its_side(piece: Piece) -> Broken:
    # A cell of Outlook's own holds tables, and they say it.
    if piece.name not in _SIDED_CELLS or piece.is_outlooks:
        return
    if "align" not in piece.attributes or not _TEXT_ALIGN.search(piece.attributes.get("style", "")):
        yield "align-missing", f"<{piece.name}>"


def _describes_its_picture(piece: Piece) -> Broken:
    if piece.name != "img":
        return
    if not piece.attributes.get("alt", "").strip():
        yield "alt", piece.attributes.get("src", "")
    for name in ("width", "height"):
        if not _WHOLE.fullmatch(piece.attributes.get(name, "")):
            yield "image-size", name


def _is_for_layout(piece: Piece) -> Broken:
    if piece.name == "table" and piece.attributes.get("role") != "presentation":
        yield "role", "<table>"
    if "background" in piece.attributes or "background-image" in piece.attributes.get("style", ""):
        yield "background-image", f"<{piece.name}>"


ELEMENTS: Final[tuple[Callable[[Piece], Broken], ...]] = (
    _is_known,
    _says_its_direction,
    _says_its_side,
    _describes_its_picture,
    _is_for_layout,
)
