"""Checks a letter's HTML, as parsed, against the rules of right-to-left mail: for tests and the development inbox."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import direction
from notifier.domain.lint import content, directions, source, styles
from notifier.domain.lint.page import Expected, Finding, Page

__all__ = ["Expected", "Finding", "lint"]


def lint(html: str, language: str, expected: Expected | None = None) -> list[Finding]:
    """Every rule the letter breaks, with where; none for a good letter.

    `expected` names the personal links that must be found; without it they are not looked for.
    """
    return list(_findings(html, language, expected))


def _findings(html: str, language: str, expected: Expected | None) -> Iterator[Finding]:
    page = Page(LexborHTMLParser(html), html, language, direction(language))
    for rules in (source.RULES, directions.RULES, styles.RULES, content.RULES):
        for rule in rules:
            yield from rule(page)
    if expected is not None:
        yield from content.links_stand(page, expected)
