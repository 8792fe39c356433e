"""Letters that tell where in a template each element stands: made for judging only, never sent."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from notifier.domain.lint.page import AT
from notifier.domain.lint.tags import Piece, read

_CALL: Final = re.compile(r"\{%[-+]?\s*call\b|\{\{[^}]*?\b(?:frame|m)\.")
_TRACE: Final = re.compile(rf'<!--@([^>]*?)-->| {AT}="([^"]*)"')


def traced(name: str, source: str) -> str:
    """The source with its place in each tag, and before each call of a macro."""
    for piece in reversed(list(read(source))):
        place = f"{name}:{piece.line}"
        if piece.kind == "tag" and piece.name != "html":
            at = piece.start + 1 + len(_name(piece))
            source = f'{source[:at]} {AT}="{place}"{source[at:]}'
        elif piece.kind == "jinja" and _CALL.match(piece.text):
            source = f"{source[: piece.start]}<!--@{place}-->{source[piece.start :]}"
    return source


def settled(html: str, macros: AbstractSet[str]) -> str:
    """The letter with a place in each element: of one that a macro of these files made, where it was called for."""
    caller = ""

    def settle(found: re.Match[str]) -> str:
        nonlocal caller
        place = found[1] or found[2]
        is_macros = place.partition(":")[0] in macros
        if found[1] is None:
            return f' {AT}="{caller if is_macros and caller else place}"'
        caller = caller if is_macros else place
        return ""

    return _TRACE.sub(settle, html)


def _name(piece: Piece) -> str:
    return re.match(r"<(\{\{.*?\}\}|[\w:-]+)", piece.text, re.DOTALL)[1]  # type: ignore[index]  # a tag begins with it
