"""How templates are read and what they may do: strict, escaped, every text isolated, nothing but plain values."""

import re
from html import escape
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from notifier.domain.text.bidi import isolate
from notifier.domain.text.clean import clean

_CSS: Final = re.compile(r"[\w\s.:;%#(),'!-]*")


def trusted(text: str) -> Markup:
    """Text of our own making, as it stands: styles, directions, marks, and what `isolate` has escaped."""
    return Markup(text)  # noqa: S704 - the one door; all who call it hand over escaped or constant text


def environment(folder: Path, *, is_html: bool) -> Environment:
    """The environment of the HTML parts, or of the plain ones."""
    made = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=is_html,  # noqa: S701 - the other parts are plain text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        # A worker's letters do not change under its hands when templates are replaced.
        auto_reload=False,
        finalize=_isolated if is_html else _plain,
    )
    made.globals.clear()
    made.filters.update(attr=_attribute, css=_css, href=_href, within=within)
    return made


@pass_context
def _isolated(context: Context, value: object) -> object:
    # Every plain text that reaches the page passes here, so no template can forget to isolate it.
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return trusted(isolate(value, context["dir"]))


def _plain(value: object) -> object:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def within(text: str, way: str) -> Markup:
    """A text isolated for a block of this direction."""
    return trusted(isolate(text, way))


def _attribute(text: str) -> Markup:
    return trusted(escape(clean(text)))


def _href(url: str) -> Markup:
    return url if isinstance(url, Markup) else trusted(escape(url))


def _css(value: str) -> Markup:
    if not _CSS.fullmatch(value):
        message = f"not a style: {value!r}"
        raise ValueError(message)
    return trusted(value)
