"""An editor's HTML as the paragraphs a letter can set: no tag of it goes into the letter, only its words and links."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from notifier.domain.html import sanitise
from notifier.domain.text.bidi import Phrase, direction_of, direction_within
from notifier.domain.text.clean import clean
from notifier.domain.views import Scene
from notifier.domain.weburl import web_url

BULLET: Final = "•"
_KINDS: Final = {"h1": "title", "h2": "title", "h3": "subtitle", "h4": "subtitle", "li": "item", "blockquote": "quote"}
_BLOCKS: Final = _KINDS.keys() | {
    "address", "caption", "dd", "div", "dl", "dt", "figcaption", "figure", "h5", "h6", "ol", "p", "pre", "table", "td",
    "th", "tr", "ul",
}  # fmt: skip
_BOLD: Final = frozenset({"b", "strong", "mark"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a paragraph that are set alike; `is_apart` where a space stands before them."""

    text: Phrase
    url: str = ""
    is_bold: bool = False
    is_apart: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One block: `kind` is text, title, subtitle, item or quote; an item has its `marker`."""

    kind: str
    direction: str
    pieces: tuple[Piece, ...]
    marker: str = ""

    @property
    def plain(self) -> Phrase:
        """Its words alone."""
        words = "".join(f"{' ' if piece.is_apart else ''}{piece.text}" for piece in self.pieces)
        return Phrase(words, self.direction)

    @property
    def links(self) -> tuple[str, ...]:
        """Where its links lead, each once."""
        return tuple(dict.fromkeys(piece.url for piece in self.pieces if piece.url))


@dataclass(frozen=True, slots=True)
class Passage:
    """Paragraphs that run in one direction."""

    direction: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(slots=True)
class _Block:
    kind: str
    marker: str = ""
    runs: list[tuple[str, str, bool]] = field(default_factory=list)
    """(words with their spaces, link, whether bold)."""


def prose(html: str, scene: Scene, language: str) -> tuple[Passage, ...]:
    """The paragraphs of a piece of HTML, whatever state it is in."""
    shown = filter(None, (_paragraph(block, scene, language) for block in _blocks(html, scene)))
    return tuple(Passage(way, tuple(run)) for way, run in groupby(shown, key=lambda one: one.direction))


def said_in(passages: Iterable[Passage]) -> str:
    """The words of its first paragraphs that are not titles, for a preheader."""
    return " ".join(one.plain for passage in passages for one in passage.paragraphs[:3] if "title" not in one.kind)


def _paragraph(block: _Block, scene: Scene, language: str) -> Paragraph | None:
    words = clean("".join(words for words, _, _ in block.runs))
    if not words:
        return None
    way = direction_of(words, language, scene.direction)
    pieces: list[Piece] = []
    is_apart = False
    for text, url, is_bold in block.runs:
        plain = clean(text)
        if plain:
            is_apart = bool(pieces) and (is_apart or text[0].isspace())
            pieces.append(Piece(Phrase(plain, direction_within(plain, way)), url, is_bold, is_apart))
            is_apart = text[-1].isspace()
        else:
            is_apart = is_apart or bool(text)
    return Paragraph(block.kind, way, tuple(pieces), block.marker)


def _blocks(html: str, scene: Scene) -> Iterator[_Block]:
    """The blocks in reading order; no recursion, for nesting comes from outside."""
    root = LexborHTMLParser(sanitise(html)).body
    block, owner, marked = _Block("text"), 0, set[int]()
    for node in root.traverse(include_text=True) if root else ():
        if node.tag == "br":
            owner = 0
        if not node.is_text_node:
            continue
        home = next((at.mem_id for at in _lineage(node) if at.tag in _BLOCKS), -1)
        if home != owner:
            yield block
            block, owner = _Block(_kind_of(node)), home
        words = node.text_content or ""
        item = next((at for at in _lineage(node) if at.tag == "li"), None)
        if item is not None and item.mem_id not in marked and words.strip():
            marked.add(item.mem_id)
            block.marker = _marker(item, scene)
        block.runs.append((words, _link_of(node), any(at.tag in _BOLD for at in _lineage(node))))
    yield block


def _marker(node: LexborNode, scene: Scene) -> str:
    parent, before = node.parent, node.prev
    if parent is None or parent.tag != "ol":
        return BULLET
    # What is not a number did not come through `sanitise`.
    place = int(parent.attributes.get("start") or 1)
    while before is not None:
        place += before.tag == "li"
        before = before.prev
    return f"{scene.voice.number(place)}."


def _kind_of(node: LexborNode) -> str:
    return next((_KINDS[str(at.tag)] for at in _lineage(node) if at.tag in _KINDS), "text")


def _link_of(node: LexborNode) -> str:
    link = next((at for at in _lineage(node) if at.tag == "a"), None)
    return web_url((link.attributes.get("href") or "") if link else "")


def _lineage(node: LexborNode) -> Iterator[LexborNode]:
    at = node.parent
    while at is not None and at.tag != "body":
        yield at
        at = at.parent
