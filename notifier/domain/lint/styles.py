"""Rules on style: what mail clients drop or break, sizes, line heights, contrast in light and dark."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from selectolax.lexbor import LexborNode, SelectolaxError

from notifier.domain.colour import CONTRAST_MIN, contrast
from notifier.domain.lint.page import Finding, Page, broken, classes, declarations, inherited, lineage, style, where
from notifier.domain.lint.sheet import Unbalanced, rules

BODY_PX, FOOTER_PX = 16, 14
_TAGS: Final = "bdi, bdo, i, em, cite, address, marquee, center, script, form, iframe, video, svg"
FORBIDDEN: Final = re.compile(
    r"var\(|--[a-z]|(?:margin|padding|border|inset)-(?:inline|block)|text-align\s*:\s*(?:start|end|justify)"
    r"|float\s*:\s*inline|display\s*:\s*(?:inline-)?(?:flex|grid)|(?<![-\w])position\s*:|letter-spacing|text-transform"
    r"|font(?:-style)?\s*:[^;]*\b(?:italic|oblique)|break-all|unicode-bidi\s*:\s*(?:plaintext|bidi-override)"
)
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_PX: Final = re.compile(r"(\d+(?:\.\d+)?)px")


def _avoids_dropped_tags(page: Page) -> Iterator[Finding]:
    for node in page.elements(_TAGS):
        yield broken("forbidden-tag", node)


def _avoids_broken_styles(page: Page) -> Iterator[Finding]:
    for node in page.elements("[style]"):
        if found := FORBIDDEN.search((node.attributes["style"] or "").lower()):
            yield broken("forbidden-style", node, f"{found.group()} {where(node)}")
    for node in page.elements("style"):
        if found := FORBIDDEN.search((node.text() or "").lower()):
            yield Finding("forbidden-style", f"{found.group()} in <style>")


def _is_large_enough(page: Page) -> Iterator[Finding]:
    least_line = 2.0 if page.language.startswith("ur") else 1.6
    for node, _ in page.texts():
        size = _PX.fullmatch(inherited(node, "font-size"))
        # The line of links above the masthead is set like the footer: it is no part of the body.
        is_small_print = any({"footer", "page"} & set(classes(at)) for at in lineage(node) if at.tag == "td")
        least = FOOTER_PX if is_small_print else BODY_PX
        if size is None or float(size.group(1)) < least:
            yield broken("font-size", node, f"{inherited(node, 'font-size')} {where(node)}")
        line = inherited(node, "line-height")
        if not re.fullmatch(r"[\d.]+", line) or float(line) < least_line:
            yield broken("line-height", node, f"{line} {where(node)}")
        if "arial" not in inherited(node, "font-family"):
            yield broken("font-family", node)


def _reads_in_light(page: Page) -> Iterator[Finding]:
    yield from _contrast(page, {}, "light")


def _reads_in_dark(page: Page) -> Iterator[Finding]:
    dark = page.dark()
    if not dark:
        yield Finding("dark-missing", "no rules for prefers-color-scheme: dark")
    if "[data-ogsc]" not in page.html:
        yield Finding("dark-missing", "no [data-ogsc] rules")
    yield from _contrast(page, dark, "dark")


def _contrast(page: Page, rules: dict[str, dict[str, str]], scheme: str) -> Iterator[Finding]:
    seen = set()
    for node, _ in page.texts():
        ink = _effective(node, "color", rules)
        ground = _effective(node, "background-color", rules)
        if not _COLOUR.fullmatch(ink) or not _COLOUR.fullmatch(ground):
            yield broken("colour-missing", node, f"{scheme} {ink or '?'} on {ground or '?'} {where(node)}")
        elif (ink, ground) not in seen and contrast(ink, ground) < CONTRAST_MIN:
            seen.add((ink, ground))
            yield broken("contrast", node, f"{scheme} {ink} on {ground} {where(node)}")


def _media_rules_win(page: Page) -> Iterator[Finding]:
    """What an element says of itself goes before a rule in the head, unless that says `!important`."""
    for selector, body in _in_media(page):
        weak = [part for part in body.split(";") if ":" in part and "!important" not in part]
        names = declarations(";".join(weak)).keys()
        for node in _selected(page, selector) if names else ():
            if any(_same(own, name) for own in style(node) for name in names):
                yield broken("weak-media", node, selector)


def _in_media(page: Page) -> Iterator[tuple[str, str]]:
    # What is no sheet is told by other rules; a state such as :hover is no matter of elements.
    with suppress(Unbalanced):
        for rule in (rule for sheet in page.elements("style") for rule in rules(sheet.text() or "")):
            if rule.selector.startswith("@media"):
                yield from ((one.selector, one.body) for one in rules(rule.body) if not one.is_kept)


def _selected(page: Page, selector: str) -> list[LexborNode]:
    with suppress(SelectolaxError):  # A selector it does not know, and mail clients hardly.
        return page.elements(selector)
    return []


def _same(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _effective(node: LexborNode, name: str, rules: dict[str, dict[str, str]]) -> str:
    for at in lineage(node):
        by_class = [rules[one][name] for one in classes(at) if name in rules.get(one, {})]
        value = by_class[-1] if by_class else style(at).get(name, "")
        if value:
            return value
    return ""


RULES: Final[tuple[Callable[[Page], Iterator[Finding]], ...]] = (
    _avoids_dropped_tags,
    _avoids_broken_styles,
    _is_large_enough,
    _reads_in_light,
    _reads_in_dark,
    _media_rules_win,
)
