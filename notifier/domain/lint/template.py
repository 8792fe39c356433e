"""Rules on a template's source, each with its line: what can be seen before a single letter is made of it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from notifier.domain.letter import PersonalMark
from notifier.domain.lint.elements import ELEMENTS
from notifier.domain.lint.fault import Fault
from notifier.domain.lint.sheet import Rule, Unbalanced, rules
from notifier.domain.lint.styles import FORBIDDEN
from notifier.domain.lint.tags import Piece, css_of, read, without_jinja

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff]")
_STRING: Final = re.compile(r"""'([^'\n]*)'|"([^"\n]*)\"""")
_MARK: Final = re.compile(r"\bmark(?:\.|\[['\"])(\w+)")
_SAFE: Final = re.compile(r"\|\s*safe\b|\bautoescape\b|\bMarkup\b")
_SIDED: Final = re.compile(r"(?:text-align|float|clear)\s*:\s*(?:left|right)\b|(?<![-\w])(?:left|right)\s*:")
_ONE_SIDE: Final = re.compile(r"((?:padding|margin|border)-)(left|right)([-\w]*)\s*:\s*([^;}!]*)")
_FOUR: Final = re.compile(r"(?:padding|margin)\s*:\s*\S+\s+(\S+)\s+\S+\s+([^\s;!]+)")
_REMOTE: Final = re.compile(r"@import|url\(|expression\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    text: str
    pieces: tuple[Piece, ...]

    def fault(self, line: int, rule: str, what: str) -> Fault:
        return Fault(self.name, line, rule, what)

    def line_at(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1


def lint_template(name: str, text: str) -> list[Fault]:
    """Every rule that a template breaks as it is written; HTML is looked into where the name ends with `.html`."""
    source = _Source(name, text, tuple(read(text)) if name.endswith(".html") else ())
    faults = [*_has_no_controls(source), *_opens_no_door(source)]
    for rule in _HTML_RULES if source.pieces else ():
        faults += rule(source)
    return sorted(set(faults))


def is_against_a_side(css: str) -> str:
    """The first declaration that names left or right, where the other side is not treated alike; "" for none."""
    if found := _SIDED.search(css):
        return found.group()
    sides = {(one[1], one[2], one[3]): one[4].strip() for one in _ONE_SIDE.finditer(css)}
    for (kind, side, more), value in sides.items():
        if sides.get((kind, "left" if side == "right" else "right", more)) != value:
            return f"{kind}{side}{more}"
    four = next((one for one in _FOUR.finditer(css) if one[1] != one[2]), None)
    return four.group() if four else ""


def _has_no_controls(source: _Source) -> Iterator[Fault]:
    for found in _CONTROLS.finditer(source.text):
        yield source.fault(source.line_at(found.start()), "control", f"U+{ord(found.group()):04X}")


def _opens_no_door(source: _Source) -> Iterator[Fault]:
    for found in _MARK.finditer(source.text):
        if found[1] not in PersonalMark.__members__:
            yield source.fault(source.line_at(found.start()), "unknown-mark", found[1])
    for found in _SAFE.finditer(source.text):
        yield source.fault(source.line_at(found.start()), "unsafe", found.group().strip())


def _balances_conditionals(source: _Source) -> Iterator[Fault]:
    opened: list[Piece] = []
    for piece in source.pieces:
        if piece.kind == "open":
            opened.append(piece)
        elif piece.kind == "close" and not opened:
            yield source.fault(piece.line, "conditionals", piece.text)
        elif piece.kind == "close":
            opened.pop()
    for piece in opened:
        yield source.fault(piece.line, "conditionals", piece.text)


def _keeps_its_elements(source: _Source) -> Iterator[Fault]:
    islands: list[tuple[str, bool]] = []
    for piece in source.pieces:
        if piece.kind == "tag":
            is_island = any(inside for _, inside in islands) or piece.attributes.get("dir") in {"ltr", "rtl"}
            for rule, what in _broken_by(piece, is_island=is_island):
                yield source.fault(piece.line, rule, what)
            islands.append((piece.name, is_island))
        elif piece.kind == "end":
            at = next((at for at in reversed(range(len(islands))) if islands[at][0] == piece.name), None)
            del islands[len(islands) if at is None else at :]


def _broken_by(piece: Piece, *, is_island: bool) -> Iterator[tuple[str, str]]:
    for rule in ELEMENTS:
        yield from rule(piece)
    style = piece.attributes.get("style", "")
    if found := FORBIDDEN.search(style.lower()):
        yield "forbidden-style", found.group()
    side = is_against_a_side(without_jinja(style, "?"))
    align = piece.attributes.get("align", "")
    if not is_island and (side or align in {"left", "right"}):
        yield "physical-side", side or f'align="{align}"'


def _keeps_its_styles(source: _Source) -> Iterator[Fault]:
    for block in (piece for piece in source.pieces if piece.kind == "css"):
        css, start = css_of(block)
        try:
            found = list(rules(css))
        except Unbalanced as fault:
            yield source.fault(source.line_at(start + fault.args[0]), "css", "{ }")
            continue
        for one in found:
            for rule, what, at in _broken_in(one):
                yield source.fault(source.line_at(start + at), rule, what)
            if "{%" in str(one) and not one.is_kept and "ignore" not in block.name:
                yield source.fault(source.line_at(start + one.start), "css", "{%")


def _broken_in(one: Rule) -> Iterator[tuple[str, str, int]]:
    """(rule, piece, place in the sheet) of each."""
    if one.selector.startswith("@") and "{" in one.body:
        for inner in rules(one.body):
            at = one.inside + inner.start
            yield from ((rule, what, at) for rule, what, _ in _broken_in(inner))
        return
    if found := FORBIDDEN.search(str(one).lower()):
        yield "forbidden-style", found.group(), one.start
    if found := _REMOTE.search(str(one)):
        yield "remote", found.group(), one.start
    if side := is_against_a_side(without_jinja(one.body, "?")):
        yield "physical-side", side, one.start


def _keeps_its_words(source: _Source) -> Iterator[Fault]:
    """Styles stand in the arguments of macros as well."""
    for piece in (piece for piece in source.pieces if piece.kind == "jinja" and not piece.text.startswith("{#")):
        for found in _STRING.finditer(piece.text):
            words = (found[1] or found[2] or "").lower()
            bad = FORBIDDEN.search(words) if ":" in words or "-" in words else None
            side = is_against_a_side(words)
            line = piece.line + piece.text.count("\n", 0, found.start())
            if bad:
                yield source.fault(line, "forbidden-style", bad.group())
            elif side:
                yield source.fault(line, "physical-side", side)


_HTML_RULES: Final[tuple[Callable[[_Source], Iterator[Fault]], ...]] = (
    _balances_conditionals,
    _keeps_its_elements,
    _keeps_its_styles,
    _keeps_its_words,
)
