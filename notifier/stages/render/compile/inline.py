"""Puts the rules of a template's style block into its elements, once, when the template is compiled."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from notifier.domain.lint.sheet import rules
from notifier.domain.lint.tags import JINJA, VOID, Piece, css_of, read, without_jinja

KEPT: Final = 'data-css-inline="ignore"'
"""On a style block that goes into the letter as it stands."""
_PLACE: Final = re.compile(r"jinja(\d+)j")
_AROUND: Final = {
    "tr": ("table", "tbody", "thead", "tfoot"),
    "td": ("tr",),
    "th": ("tr",),
    "tbody": ("table",),
    "thead": ("table",),
    "tfoot": ("table",),
}
"""Without one of these around it, HTML forgets the element: a fragment's is in the macro that calls for it."""


@lru_cache(maxsize=128)
def inlined(source: str) -> str:
    """The template with its styles in its elements, each line where it was.

    Only elements that stand in this source are reached, not what its macros make. What a client must have in the head
    (`@media`, `:hover`) stays in a style block: of the head, where the template extends another. An element's own
    style comes last and wins. Raises `sheet.Unbalanced`.
    """
    pieces = list(read(source))
    sheets = [piece for piece in pieces if piece.kind == "css" and KEPT not in piece.name]
    if not sheets:
        return source.replace(f"<style {KEPT}>", "<style>")
    found = [rule for sheet in sheets for rule in rules(css_of(sheet)[0])]
    styles = _styles(pieces, "\n".join(str(rule) for rule in found if not rule.is_kept))
    edits = [*_style_edits(pieces, styles), *_emptied(sheets)]
    kept = "\n".join(str(rule) for rule in found if rule.is_kept)
    made = _edited(source, edits).replace(f"<style {KEPT}>", "<style>")
    if not kept:
        return made
    if "{% extends" in source:
        return f"{made}{{% block styles %}}{{{{ super() }}}}<style>\n{kept}\n</style>{{% endblock %}}"
    return f"<style>\n{kept}\n</style>{made}"


def _styles(pieces: Sequence[Piece], css: str) -> dict[int, str]:
    """The declarations for each tag, by its place among the pieces."""
    # Compiled once at a process's start, and most templates have nothing to inline.
    from css_inline import CSSInliner  # noqa: PLC0415

    jinja: list[str] = []
    inliner = CSSInliner(
        inline_style_tags=False, load_remote_stylesheets=False, minify_css=True, extra_css=_hidden(css, jinja)
    )
    page = LexborHTMLParser(inliner.inline(_skeleton(pieces)))
    styles = {int(str(node.attributes["data-n"])): node.attributes.get("style") for node in page.css("[data-n]")}
    return {
        place: _PLACE.sub(lambda one: jinja[int(one[1])], style.replace('"', "'"))
        for place, style in styles.items()
        if style
    }


def _hidden(css: str, jinja: list[str]) -> str:
    """The style sheet with a name where Jinja stands, for the inliner knows CSS only."""

    def hide(one: re.Match[str]) -> str:
        jinja.append(one.group())
        return f"jinja{len(jinja) - 1}j"

    return re.sub(JINJA, hide, css, flags=re.DOTALL)


def _skeleton(pieces: Sequence[Piece]) -> str:
    """The elements alone, numbered, with what selectors look at; parts of tables in a table of their own."""
    written: list[str] = ["<!DOCTYPE html><html><body>"]
    opened: list[tuple[str, tuple[str, ...]]] = []
    for place, piece in enumerate(pieces):
        if piece.kind == "tag" and piece.name.isalnum():
            around = _missing_around(piece.name, [name for name, _ in opened])
            written += [*(f"<{name}>" for name in around), _bare(piece, place)]
            if piece.name not in VOID:
                opened.append((piece.name, around))
        elif piece.kind == "end" and any(name == piece.name for name, _ in opened):
            while opened:
                name, around = opened.pop()
                written += [f"</{name}>", *(f"</{outer}>" for outer in reversed(around))]
                if name == piece.name:
                    break
    return "".join(written)


def _missing_around(name: str, opened: Sequence[str]) -> tuple[str, ...]:
    wanted = _AROUND.get(name)
    if wanted is None or any(one in wanted for one in opened[-1:]):
        return ()
    return ("table", "tbody", "tr") if name in {"td", "th"} else ("table",)


def _bare(piece: Piece, place: int) -> str:
    seen = {name: without_jinja(value) for name, value in piece.attributes.items() if name != "style"}
    told = "".join(f' {name}="{value.replace(chr(34), "")}"' for name, value in seen.items())
    return f'<{piece.name} data-n="{place}"{told}>'


_Edit = tuple[int, int, str]
"""From, to, and what stands there instead."""


def _style_edits(pieces: Sequence[Piece], styles: dict[int, str]) -> Iterator[_Edit]:
    for place, style in styles.items():
        piece = pieces[place]
        own = re.search(r"""\sstyle\s*=\s*(["'])""", piece.text)
        if own:
            at = piece.start + own.end()
            yield at, at, (style if own[1] == '"' else _between_apostrophes(style)) + ";"
        else:
            at = piece.end - (2 if piece.text.endswith("/>") else 1)
            yield at, at, f' style="{style}"'


def _between_apostrophes(style: str) -> str:
    return re.sub(f"{JINJA}|'", lambda one: "&#39;" if one.group() == "'" else one.group(), style)


def _emptied(sheets: Sequence[Piece]) -> Iterator[_Edit]:
    return ((sheet.start, sheet.end, "\n" * sheet.text.count("\n")) for sheet in sheets)


def _edited(source: str, edits: Sequence[_Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    return source
