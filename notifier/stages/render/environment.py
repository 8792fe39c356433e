"""How templates are read and what they may do: strict, escaped, every text isolated, nothing but plain values."""

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import Markup

from notifier.domain.text.bidi import isolate
from notifier.domain.text.clean import clean
from notifier.stages.render.compile.inline import inlined

Read = Callable[[str, str], str]
"""From a template's name and source to the source that is compiled."""
_TIED_MAX: Final = 30
"""Characters that a line of a phone has room for."""
_CSS: Final = re.compile(r"[\w\s.:;%#(),'!-]*")


def trusted(text: str) -> Markup:
    """Text of our own making, as it stands: styles, directions, marks, and what `isolate` has escaped.

    The one door: all who call it hand over escaped or constant text.
    """
    return str.__new__(Markup, text)  # Markup's own way first looks for what is never there


class Compiled(BaseLoader):
    """Templates as another loader has them, once `read` (of name and source) has made them ready."""

    def __init__(self, kept: BaseLoader, read: Read) -> None:
        self._kept, self._read = kept, read

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source that Jinja compiles. Its file is its name, so that a fault tells it."""
        source, _, is_fresh = self._kept.get_source(environment, template)
        return self._read(template, source), template, is_fresh


def compiled(name: str, source: str) -> str:
    """A template as letters are made of it: styles in their elements, lines without their indentation."""
    if not name.endswith(".html"):
        return source
    return "\n".join(line.strip() for line in inlined(source).splitlines())


class _SetByFinalize(CodeGenerator):
    """Writes what `isolated` gives as it stands: it has escaped it, and nothing reaches the page but through it."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:  # noqa: ARG002 - Jinja's
        if finalize.src is None:
            message = "nothing would escape this"
            raise TypeError(message)
        self.write(finalize.src)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:  # noqa: ARG002 - Jinja's
        self.write(")")


class Html(Environment):
    """Of HTML: see `isolated`."""

    code_generator_class = _SetByFinalize


@lru_cache
def environment(folder: Path, *, is_html: bool) -> Environment:
    """The environment of the HTML parts, or of the plain ones: one a process, whose templates are compiled once."""
    return furnished(Html if is_html else Environment, Compiled(FileSystemLoader(folder), compiled), is_html=is_html)


def furnished(kind: type[Environment], loader: BaseLoader, *, is_html: bool) -> Environment:
    """An environment of this kind with the rules of letters: strict, escaped, isolated."""
    made = kind(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=is_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        # A worker's letters do not change under its hands when templates are replaced.
        auto_reload=False,
        finalize=isolated if is_html else plain,
    )
    made.globals.clear()
    made.filters.update(attr=_attribute, css=_css, href=_href, tied=tied, within=within)
    return made


@pass_context
def isolated(context: Context, value: object) -> str:
    """A value as it may stand in the page: each one passes here, so no template can forget to escape and isolate."""
    if isinstance(value, Markup):
        return value
    return isolate(value if isinstance(value, str) else str(value), context["dir"])


def plain(value: object) -> object:
    """A value as it may stand in a text: cleaned, where it is not our own making."""
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
