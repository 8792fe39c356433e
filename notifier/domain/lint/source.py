"""Rules on the source itself: size, doctype, Outlook's conditionals, characters that must not be there."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from notifier.domain.letter import PersonalMark
from notifier.domain.lint.page import AT, Finding, Page
from notifier.domain.lint.tags import VOID, Piece, read

BYTES_MAX: Final = 100_000
_OPEN: Final = re.compile(r"<!--\[if [^\]]*\]>")
_CLOSE: Final = re.compile(r"<!\[endif\]-->")
_GHOST: Final = re.compile(r"<!--\[if [^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL)
_GHOST_TAG: Final = re.compile(r"<(?:table|td)\b[^>]*>")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff]")


def _is_small_enough(page: Page) -> Iterator[Finding]:
    size = len(page.html.encode())
    if size >= BYTES_MAX:
        yield Finding("size", f"{size} bytes")


def _has_doctype(page: Page) -> Iterator[Finding]:
    if not page.html.lstrip().lower().startswith("<!doctype html>"):
        yield Finding("doctype", page.html[:40])
    if not page.elements('meta[charset="utf-8"]'):
        yield Finding("charset", "head")
    if not any((title.text() or "").strip() for title in page.elements("title")):
        yield Finding("title", "head")


def _has_no_controls(page: Page) -> Iterator[Finding]:
    for found in _CONTROLS.finditer(page.html):
        yield Finding("control", f"U+{ord(found.group()):04X} at {found.start()}", _at(page.html[: found.start()]))
    for mark in PersonalMark:
        if mark in page.html:
            yield Finding("mark", mark.name)


def _balances_conditionals(page: Page) -> Iterator[Finding]:
    if len(_OPEN.findall(page.html)) != len(_CLOSE.findall(page.html)):
        yield Finding("conditionals", "an opening or an ending is missing")
    ghosts = "".join(_GHOST.findall(page.html))
    for tag in ("table", "tr", "td"):
        if len(re.findall(rf"<{tag}\b", ghosts)) != len(re.findall(rf"</{tag}>", ghosts)):
            yield Finding("conditionals", f"<{tag}> is not closed")


def _closes_what_it_opens(page: Page) -> Iterator[Finding]:
    opened: list[Piece] = []
    # In a finished page a brace begins no Jinja: it is somebody's word.
    for piece in read(page.html.replace("{", "(")):
        if piece.kind == "tag" and piece.name not in VOID:
            opened.append(piece)
        elif piece.kind == "end" and opened and opened[-1].name == piece.name:
            opened.pop()
        elif piece.kind == "end":
            # One word for it: whatever stood open before would be told as well.
            told = f"{piece.text} closes {opened[-1].text[:40]}" if opened else piece.text
            is_late = any(one.name == piece.name for one in opened)
            yield Finding("unclosed", told, _at(opened[-1].text if is_late else page.html[: piece.start]))
            return
    for piece in opened:
        yield Finding("unclosed", piece.text[:40], _at(piece.text))


def _directs_ghost_tables(page: Page) -> Iterator[Finding]:
    for ghost in _GHOST.findall(page.html):
        for tag in _GHOST_TAG.findall(ghost):
            if f'dir="{page.direction}"' not in tag or f"direction:{page.direction}" not in tag:
                yield Finding("ghost-direction", tag[:60], _at(tag))


def _at(html: str) -> str:
    """The last place in a template that the HTML tells."""
    return html.rpartition(f' {AT}="')[2].partition('"')[0] if AT in html else ""


RULES: Final[tuple[Callable[[Page], Iterator[Finding]], ...]] = (
    _is_small_enough,
    _has_doctype,
    _has_no_controls,
    _balances_conditionals,
    _closes_what_it_opens,
    _directs_ghost_tables,
)
