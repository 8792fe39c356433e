"""Whether HTML says what it means: every element closed, no name twice, and nothing where a parser would move it."""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from selectolax.lexbor import LexborHTMLParser, LexborNode

from notifier.domain.lint.page import lineage

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
INLINE = frozenset({"a", "b", "span", "strong", "small"})
IMPLIED = frozenset({"tbody"})
"""What a parser puts in by itself, and no letter writes."""


def faults(html: str) -> list[str]:
    """All that is wrong with the source, in words."""
    read = _Reader()
    read.feed(html)
    read.close()
    open_still = [f"<{tag}> is never closed" for tag in read.open]
    twice = [f"id {name!r} stands {count} times" for name, count in read.ids.items() if count > 1]
    moved = [] if read.seen == _as_parsed(html) else ["a parser moves, drops or adds elements"]
    return [*read.faults, *open_still, *twice, *moved]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[int, str]] = []
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((len(self.open), tag))
        self.faults += _in_tag(tag, attrs)
        self.ids.update(value or "" for name, value in attrs if name == "id")
        if self.open and self.open[-1] in INLINE and tag not in INLINE | VOID:
            self.faults.append(f"<{tag}> in <{self.open[-1]}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults.append(f"<{tag}/> closes nothing in HTML")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> where <{self.open[-1] if self.open else ''}> is open")


def _in_tag(tag: str, attrs: list[tuple[str, str | None]]) -> Iterator[str]:
    for name, count in Counter(name for name, _ in attrs).items():
        if count > 1:
            yield f"<{tag}> has {name} {count} times"
    for name, value in attrs:
        if value is None or (not value.strip() and name not in {"alt", "name"}):
            yield f"<{tag}> has an empty {name}"
        elif name == "style":
            named = Counter(part.partition(":")[0].strip() for part in value.split(";"))
            yield from (f"<{tag}> styles {what or 'nothing'} twice" for what, count in named.items() if count > 1)


def _as_parsed(html: str) -> list[tuple[int, str]]:
    root = LexborHTMLParser(html).root
    assert root is not None
    return [
        (_depth(node), str(node.tag)) for node in root.traverse() if node.is_element_node and node.tag not in IMPLIED
    ]


def _depth(node: LexborNode) -> int:
    """How many elements are around it, without those that were implied."""
    return sum(around.tag not in IMPLIED for around in lineage(node)) - 1
