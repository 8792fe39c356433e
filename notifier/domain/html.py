"""Outside HTML and text made fit for a letter: sanitised, readable as plain text, cut, and clean of controls."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode


def _names(line: str) -> frozenset[str]:
    return frozenset(line.split())


ELLIPSIS: Final = "…"
DEPTH_MAX: Final = 200
AMPERSANDS_MAX: Final = 200_000
NAME_CHARACTERS: Final = 40
"""The parsers need quadratic time for nested blocks and for ampersands; no article comes near these numbers."""

_TAGS: Final = _names(
    "a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd"
    " li mark ol p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"
)
_SILENT: Final = _names(
    "script style title head iframe object embed applet form select button textarea noscript noembed noframes"
    " template svg math audio video canvas"
)
"""Elements that go with everything inside them."""
_ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_LINK: Final = re.compile(r"(?:https?://[^/]|mailto:[^/])", re.IGNORECASE)
_IMAGE: Final = re.compile(r"https?://[^/]", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NUMBER: Final = re.compile(r"[0-9]{1,4}")

_TAG: Final = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_NESTING_TAG: Final = re.compile(r"</?(?!(?:p|br|script|style)\b)[A-Za-z][^<>]*>?", re.IGNORECASE)
_FLAT: Final = _names("p li dt dd tr td th br hr img input meta link wbr source track col area base embed")
_BLOCKS: Final = _names(
    "address article aside blockquote div dl figure footer h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table"
    " ul"
)
_LINES: Final = _names("br caption dd dt figcaption li tr")

# NUL, C0, DEL and C1 but for tab and newline; lone surrogates, which UTF-8 cannot carry; noncharacters.
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS: Final = re.compile("\r\n?")
_ODD_SPACES: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_BIDI_PAIRS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI_MARKS: Final = re.compile("[\u061c\u200e\u200f\ufeff]")
_UNSEEN: Final = re.compile("[\u200b\u2060\ufeff\ue000-\uf8ff]")
"""Without a width or a meaning in one line: zero-width spaces, joiners, private use."""
# NFC makes one character of ">" and this overlay, which would tear a tag open.
_TORN_TAG: Final = re.compile(">\u0338+")
_EMPTY_IMAGE: Final = re.compile(r'<img(?: (?!src=)[a-z]+="[^"]*")*>')
_SENTENCE_END: Final = re.compile("[.!?؟۔…](?:[\"'»”)\\]]*)(?= )")
_JOINERS: Final = "\u200c\u200d"


def sanitise(html: str) -> str:
    """The HTML that a letter may carry: text, links, lists, tables and images, without style, script or controls.

    `dir` (`ltr`, `rtl`) and `lang` stay. Links lead to http, https or mailto, images come from http or https, each
    with a full address. NFC. Sanitising twice changes nothing more.
    """
    cleaned = _CLEANER.clean(bounded(_strip(html)))
    whole = _TORN_TAG.sub(">", _strip(cleaned))
    return unicodedata.normalize("NFC", _EMPTY_IMAGE.sub("", whole)).strip()


def to_text(html: str) -> str:
    """The readable plain text of HTML: paragraphs parted by an empty line, entities decoded, NFC."""
    lines: list[str] = []
    parts: list[str] = []
    for sign in _walk(bounded(_strip(html))):
        if sign not in ("\n", "\n\n"):
            parts.append(sign)
            continue
        line = " ".join("".join(parts).split())
        parts.clear()
        if line:
            lines.append(line)
        if sign == "\n\n" and lines and lines[-1]:
            lines.append("")
    return unicodedata.normalize("NFC", "\n".join(lines)).strip()


def excerpt(text: str, limit: int) -> str:
    """At most `limit` characters of a plain text, on one line.

    Cut after a sentence that fills at least half the room, else after a word, else between two whole clusters of
    letters and marks; a cut within a sentence shows as "…".
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    if limit < 1:
        return ""
    room = limit - len(ELLIPSIS)
    sentences = [m.end() for m in _SENTENCE_END.finditer(line, 0, room) if room // 2 <= m.end() < room]
    if sentences:
        return line[: sentences[-1]]
    word = line.rfind(" ", 0, room + 1)
    if word >= room // 2:
        return f"{line[:word].rstrip(' ،,;؛:-–')}{ELLIPSIS}"
    return f"{line[: _cluster_start(line, room)]}{ELLIPSIS}"


def clean_line(text: str) -> str:
    """One line of plain text, such as a title or a name: NFC, no controls, no bidi controls, single spaces.

    ZWNJ and ZWJ stay; entities are left as they are.
    """
    plain = _UNSEEN.sub("", _BIDI_MARKS.sub("", _strip(text)))
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def plain_name(name: str) -> str:
    """A stranger's name with nothing in it but letters: no address, no number, no offer; at most forty of them."""
    letters = "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in clean_line(name))
    return " ".join(letters.split())[:NAME_CHARACTERS]


def _strip(text: str) -> str:
    spaced = _ODD_SPACES.sub(" ", _LINE_ENDS.sub("\n", text))
    return _BIDI_PAIRS.sub("", _CONTROLS.sub("", spaced))


def _keep(tag: str, attribute: str, value: str) -> str | None:
    value = _strip(value).strip()
    match attribute:
        case "href":
            allowed = _LINK.match(value)
        case "src":
            allowed = _IMAGE.match(value)
        case "dir":
            # Mail clients misplace links that carry `dir`; a span inside does the same work.
            return value.lower() if tag != "a" and value.lower() in ("ltr", "rtl") else None
        case "lang":
            allowed = _LANGUAGE.fullmatch(value)
        case "start" | "colspan" | "rowspan":
            allowed = _NUMBER.fullmatch(value)
        case _:
            return value
    return value if allowed else None


_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_SILENT),
    attributes=_ATTRIBUTES,
    attribute_filter=_keep,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer",
)


def bounded(html: str) -> str:
    """The HTML itself, or less of it where it is built to keep a parser busy."""
    if html.count("&") > AMPERSANDS_MAX:
        html = html.replace("&", " ")
    return _NESTING_TAG.sub(" ", html) if _is_deep(html) else html


def _is_deep(html: str) -> bool:
    opened: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _FLAT:
            continue
        if not closing:
            opened[tag] += 1
            depth += 1
        elif opened[tag]:
            opened[tag] -= 1
            depth -= 1
        if depth > DEPTH_MAX:
            return True
    return False


def _walk(html: str) -> Iterator[str]:
    """Pieces of text in reading order, with a newline or two where a line or a paragraph ends; no recursion."""
    node: LexborNode | None = LexborHTMLParser(html).body
    path: list[LexborNode] = []
    while node is not None:
        yield from _enter(node)
        if node.child is not None and node.tag not in _SILENT:
            path.append(node)
            node = node.child
            continue
        yield from _leave(node)
        while node.next is None and path:
            node = path.pop()
            yield from _leave(node)
        node = node.next if path else None
    yield "\n\n"


def _enter(node: LexborNode) -> Iterator[str]:
    if node.is_text_node:
        yield _strip(node.text_content or "")
    else:
        yield from _leave(node)
    if node.tag == "li":
        yield "• "


def _leave(node: LexborNode) -> Iterator[str]:
    if node.tag in _BLOCKS:
        yield "\n\n"
    elif node.tag in _LINES:
        yield "\n"
    elif node.tag in ("td", "th"):
        yield " "


def _cluster_start(text: str, cut: int) -> int:
    while 0 < cut < len(text) and (_clings(text[cut]) or text[cut - 1] in _JOINERS):
        cut -= 1
    return cut


def _clings(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character).startswith("M")
