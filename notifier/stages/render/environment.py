"""How templates are read and what they may do: strict, escaped, every text isolated, nothing but plain values."""

import re
from html import escape
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup

from notifier.domain.text.bidi import isolate
from notifier.domain.text.clean import clean

_TIED_MAX: Final = 30
"""Characters that a line of a phone has room for."""
_CSS: Final = re.compile(r"[\w\s.:;%#(),'!-]*")


def trusted(text: str) -> Markup:
    """Text of our own making, as it stands: styles, directions, marks, and what `isolate` has escaped.

    The one door: all who call it hand over escaped or constant text.
    """
    return str.__new__(Markup, text)  # Markup's own way first looks for what is never there


class _Unindented(Extension):
    """Reads a template without the indentation of its lines."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's
        return "\n".join(line.strip() for line in source.splitlines())


class _SetByFinalize(CodeGenerator):
    """Writes what `_isolated` gives as it stands: it has escaped it, and nothing reaches the page but through it."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:  # noqa: ARG002 - Jinja's
        if finalize.src is None:
            message = "nothing would escape this"
            raise TypeError(message)
        self.write(finalize.src)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:  # noqa: ARG002 - Jinja's
        self.write(")")


class _Html(Environment):
    code_generator_class = _SetByFinalize


def environment(folder: Path, *, is_html: bool) -> Environment:
    """The environment of the HTML parts, or of the plain ones."""
    made = (_Html if is_html else Environment)(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=is_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        # A worker's letters do not change under its hands when templates are replaced.
        auto_reload=False,
        finalize=_isolated if is_html else _plain,
        extensions=[_Unindented] if is_html else [],
    )
    made.globals.clear()
    made.filters.update(attr=_attribute, css=_css, href=_href, tied=tied, within=within)
    return made


@pass_context
def _isolated(context: Context, value: object) -> str:
    # Every value that reaches the page passes here, so no template can forget to escape and to isolate it.
    if isinstance(value, Markup):
        return value
    return isolate(value if isinstance(value, str) else str(value), context["dir"])


def _plain(value: object) -> object:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def within(text: str, way: str) -> Markup:
    """A text isolated for a block of this direction."""
    return trusted(isolate(text, way))


def tied(text: str, way: str) -> Markup:
    """A text isolated for a block of this direction; a few words of it stay on one line."""
    html = isolate(text, way)
    if len(text) >= _TIED_MAX or " " not in text:
        return trusted(html)
    # A no-break space is two bytes, and no mail client drops it.
    return trusted(f'<span style="white-space:nowrap">{html}</span>' if "<" in html else html.replace(" ", "\u00a0"))


def _attribute(text: str) -> Markup:
    return trusted(escape(clean(text)))


def _href(url: str) -> Markup:
    return url if isinstance(url, Markup) else trusted(escape(url))


def _css(value: str) -> Markup:
    if not _CSS.fullmatch(value):
        message = f"not a style: {value!r}"
        raise ValueError(message)
    return trusted(value)
