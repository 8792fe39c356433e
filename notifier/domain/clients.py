"""What mail clients leave of a letter's HTML: enough of Gmail, GMX and Outlook to see what breaks in them."""

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from selectolax.lexbor import LexborHTMLParser

Client = Callable[[str, str], str]
"""From a letter's HTML, and the direction of the page that the client shows it in, to what is seen."""

_LEFT_OUT: Final = ["style", "script", "title", "meta", "link", "base"]
_CONDITION: Final = re.compile(r"\[if ([^\]<>]{1,80})\]>")
_NOT_OUTLOOK: Final = re.compile(r"!\s*\(?\s*mso", re.IGNORECASE)
_ENDIF: Final = "<![endif]"
_UNKNOWN_TO_WORD: Final = frozenset(
    {"max-width", "max-height", "border-radius", "opacity", "overflow", "overflow-wrap"}
)
_LOST_ON_LINKS: Final = frozenset(
    {"display", "padding", "padding-top", "padding-right", "padding-bottom", "padding-left"}
)

_FOLDED: Final = (
    ":root{color-scheme:light dark;background:Canvas;color:CanvasText}"
    "pre{margin:1rem;font:1rem/1.7 system-ui,sans-serif;white-space:pre-wrap;overflow-wrap:anywhere}"
)


def gmail(html: str, host: str = "ltr") -> str:
    """Gmail at its strictest: no attributes of html and body, no style sheets, comments or `<bdi>`."""
    bare = "".join(outside for outside, _ in _parted(html, "<!--", "-->"))
    tree = LexborHTMLParser(bare)
    tree.strip_tags(_LEFT_OUT)
    tree.unwrap_tags(["bdi"])
    return _within(host, tree)


def gmx(html: str, host: str = "ltr") -> str:
    """GMX and Web.de: all that, and every `dir` is dropped too."""
    tree = LexborHTMLParser(gmail(html, host))
    for node in tree.css("body [dir]"):
        del node.attrs["dir"]
    return _within(host, tree)


def outlook(html: str, host: str = "ltr") -> str:  # noqa: ARG001 - a window of its own: no page around the letter
    """Outlook for Windows: the branch meant for Word, without what Word does not know."""
    branch = "".join(_for_word(html))
    # Word reads its own settings and shows none of them.
    shown = "".join(outside for outside, _ in _parted(branch, "<xml>", "</xml>"))
    sheets = _parted(shown, "<style", "</style>")
    plain = "".join(outside + _without_media(sheet) for outside, sheet in sheets)
    tree = LexborHTMLParser(plain)
    for node in tree.css("[style]"):
        node.attrs["style"] = _as_word_reads(node.attributes["style"] or "", is_link=node.tag == "a")
    return tree.html or ""


def in_scheme(html: str, *, is_dark: bool) -> str:
    """The letter as in a client that is dark, or light, whatever the machine is that shows it."""
    return html.replace("(prefers-color-scheme:dark)", "(min-width:0)" if is_dark else "(max-width:0)")


def in_text(text: str) -> str:
    """The text part as a client without HTML shows it: letter by letter, long lines folded."""
    head, body = f"<head><style>{_FOLDED}</style></head>", f'<body><pre dir="auto">{escape(text)}</pre></body>'
    return f"<!DOCTYPE html><html>{head}{body}</html>"


CLIENTS: Final[dict[str, Client]] = {"gmail": gmail, "outlook": outlook, "gmx": gmx}
"""By the names that the development inbox has for them."""


def _within(host: str, tree: LexborHTMLParser) -> str:
    body = (tree.body.inner_html or "") if tree.body else ""
    return f'<!DOCTYPE html><html dir="{host}"><body style="margin:0">{body}</body></html>'


def _parted(text: str, opening: str, closing: str) -> Iterator[tuple[str, str]]:
    """(what stands outside, the block from `opening` to `closing` or ""), in order."""
    at = 0
    # No pattern: on a thousand openings without an end it would look for one a thousand times.
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
        yield text[at:start], text[start : end + len(closing)]
        at = end + len(closing)
    yield text[at:], ""


def _for_word(html: str) -> Iterator[str]:
    """The letter with conditional comments for Outlook opened, and what is not for Outlook left out."""
    is_left_out = False
    for outside, comment in _parted(html, "<!--", "-->"):
        if not is_left_out:
            yield outside
        inside = comment[4:-3]
        condition = _CONDITION.match(inside)
        if condition is None:
            # `<!--<![endif]-->` ends what `<!--[if !mso]><!-->` began.
            is_left_out = is_left_out and _ENDIF not in inside
        elif _ENDIF not in inside:
            is_left_out = bool(_NOT_OUTLOOK.search(condition[1]))
        elif not _NOT_OUTLOOK.search(condition[1]):
            yield inside[condition.end() :].partition(_ENDIF)[0]


def _without_media(sheet: str) -> str:
    """A style sheet without its `@media` blocks."""
    kept, at = [], 0
    while (start := sheet.find("@media", at)) >= 0:
        kept.append(sheet[at:start])
        at = _end_of_block(sheet, start)
    return "".join(kept) + sheet[at:]


def _end_of_block(sheet: str, start: int) -> int:
    depth = 0
    for at in range(start, len(sheet)):
        depth += {"{": 1, "}": -1}.get(sheet[at], 0)
        if sheet[at] == "}" and depth == 0:
            return at + 1
    # Never closed: it ends where the sheet does, before `</style>`.
    end = sheet.rfind("</style>")
    return end if end > start else len(sheet)


def _as_word_reads(style: str, *, is_link: bool) -> str:
    pairs = [pair.partition(":") for pair in style.split(";") if ":" in pair]
    declared = {name.strip().lower(): value.strip() for name, _, value in pairs}
    lost = _UNKNOWN_TO_WORD | (_LOST_ON_LINKS if is_link else frozenset())
    kept = {name: value for name, value in declared.items() if name not in lost}
    if declared.get("mso-hide", "") == "all":
        kept["display"] = "none"
    if "mso-padding-alt" in kept:
        kept["padding"] = kept.pop("mso-padding-alt")
    return ";".join(f"{name}:{value}" for name, value in kept.items())
