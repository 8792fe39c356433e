"""What the rules look at: the parsed letter, and how an element comes to its direction, size and colours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

AT: Final = "data-at"
"""An attribute that tells where in a template an element stands; only letters made for judging have it."""
_BLOCKLESS: Final = frozenset({"style", "script", "title", "head"})
_DARK: Final = re.compile(r"@media\s*(?:screen and\s*)?\(prefers-color-scheme:\s*dark\)\s*\{(.*?\})\s*\}", re.DOTALL)
_RULE: Final = re.compile(r"\.([\w-]+)\s*\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken, and where."""

    rule: str
    where: str
    at: str = ""
    """`file:line` of the template, where the letter was made to tell."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The personal links a letter must show; empty: must not."""

    unsubscribe_url: str = ""
    view_url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed letter and what it was meant to be."""

    tree: LexborHTMLParser
    html: str
    language: str
    direction: str

    def elements(self, selector: str = "*") -> list[LexborNode]:
        """Elements in document order."""
        return self.tree.css(selector)

    def texts(self) -> Iterator[tuple[LexborNode, str]]:
        """(element, its own text) for each visible text node that is not only white space."""
        root = self.tree.body
        if root is None:
            return
        for node in root.traverse(include_text=True):
            parent = node.parent
            if not node.is_text_node or parent is None or parent.tag in _BLOCKLESS:
                continue
            words = node.text(deep=False)
            if words and words.strip() and not is_hidden(parent):
                yield parent, words

    def dark(self) -> dict[str, dict[str, str]]:
        """The declarations of each class in the dark scheme."""
        return _dark_rules(self.html)


def style(node: LexborNode) -> dict[str, str]:
    """The inline declarations of an element."""
    return declarations(node.attributes.get("style") or "")


@lru_cache(maxsize=2048)
def declarations(css: str) -> dict[str, str]:
    """`property: value` pairs, lower-case names."""
    pairs = (part.split(":", 1) for part in css.split(";") if ":" in part)
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, value in pairs}


def classes(node: LexborNode) -> list[str]:
    """The class names of an element."""
    return (node.attributes.get("class") or "").split()


def lineage(node: LexborNode) -> Iterator[LexborNode]:
    """The element and those around it, innermost first."""
    at: LexborNode | None = node
    while at is not None and at.is_element_node:
        yield at
        at = at.parent


def inherited(node: LexborNode, name: str) -> str:
    """The nearest inline value of a property, "" without one."""
    return next((style(at)[name] for at in lineage(node) if name in style(at)), "")


def declared_direction(node: LexborNode) -> str:
    """The nearest `dir`, "" without one."""
    return next((at.attributes["dir"] or "" for at in lineage(node) if "dir" in at.attributes), "")


def is_hidden(node: LexborNode) -> bool:
    """Whether it, or something around it, is not displayed."""
    return any(style(at).get("display") == "none" for at in lineage(node))


def broken(rule: str, node: LexborNode, what: str = "") -> Finding:
    """What an element breaks; `what` in place of the element's own description."""
    at = next((one.attributes[AT] or "" for one in lineage(node) if AT in one.attributes), "")
    return Finding(rule, what or where(node), at)


def where(node: LexborNode) -> str:
    """Enough of an element to find it again."""
    words = " ".join((node.text(deep=True) or "").split())[:40]
    names = ".".join(["", *classes(node)])
    return f"<{node.tag}{names}> {words}".strip()


@lru_cache(maxsize=64)
def _dark_rules(html: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for block in _DARK.findall(html):
        for name, body in _RULE.findall(block):
            found.setdefault(name, {}).update(declarations(body))
    return found
