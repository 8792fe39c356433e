"""Reads the source of an HTML template: its tags, styles and Jinja pieces, each with its line. Nothing is rendered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

JINJA: Final = r"(?>\{\{.*?\}\}|\{%.*?%\}|\{\#.*?\#\})"
_QUIET: Final = r"\{(?![{%\#])"
"""A brace that opens no Jinja."""
_VALUE: Final = rf"""(?>"(?:[^"{{]|{_QUIET}|{JINJA})*+"|'(?:[^'{{]|{_QUIET}|{JINJA})*+')"""
_TOKEN: Final = re.compile(
    rf"""
      (?P<jinja>{JINJA})
    | (?P<open><!--\[if[^\]]*\]>) | (?P<close><!\[endif\]-->)
    | (?P<comment><!--.*?-->)
    | <style\b(?P<how>[^>]*)>(?P<css>.*?)</style\s*>
    | <(?P<end>/?)(?P<name>[A-Za-z][\w:-]*|\{{\{{.*?\}}\}})(?P<attributes>(?:[^<>"'{{]|{_QUIET}|{JINJA}|{_VALUE})*+)>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    rf"{JINJA}|(?P<name>[A-Za-z][\w:-]*)(?:\s*=\s*(?P<value>{_VALUE}|{JINJA}|[^\s\"'>]+))?", re.DOTALL
)
VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a source: `kind` is tag, end, jinja, css, open or close (of an MSO conditional)."""

    kind: str
    text: str
    start: int
    line: int
    name: str = ""
    """Of a tag, in lower case; of a style block, its attributes."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Of a tag, with the Jinja in them as it stands; those that stand in a condition as well."""
    is_outlooks: bool = False
    """Whether it stands between MSO conditionals, where other clients do not see it."""

    @property
    def end(self) -> int:
        """Where the next piece may begin."""
        return self.start + len(self.text)


def read(source: str) -> Iterator[Piece]:
    """The pieces in their order; text and ordinary comments are left out."""
    line, done, is_outlooks = 1, 0, False
    for found in _TOKEN.finditer(source):
        line += source.count("\n", done, found.start())
        done = found.start()
        kind = next(name for name in ("jinja", "open", "close", "comment", "css", "end") if found[name] is not None)
        if kind == "comment":
            continue
        if kind in {"open", "close"}:
            is_outlooks = kind == "open"
        if kind == "end":
            yield replace(_tag(found, line), is_outlooks=is_outlooks)
        elif kind != "css" or not is_outlooks:  # Outlook's own styles are no business of other clients.
            yield Piece(kind, found.group(), found.start(), line, (found["how"] or "").strip())


def without_jinja(text: str, instead: str = "") -> str:
    """A text with something else where Jinja stands."""
    return re.sub(JINJA, instead, text, flags=re.DOTALL)


def css_of(block: Piece) -> tuple[str, int]:
    """What stands in a style block, and where in the source."""
    at = block.text.index(">") + 1
    return block.text[at : block.text.rindex("</")], block.start + at


def _tag(found: re.Match[str], line: int) -> Piece:
    kind = "end" if found["end"] else "tag"
    attributes: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(found["attributes"]):
        if one["name"]:
            value = one["value"] or ""
            attributes.setdefault(one["name"].lower(), value[1:-1] if value[:1] in {'"', "'"} else value)
    return Piece(kind, found.group(), found.start(), line, found["name"].lower(), attributes)
