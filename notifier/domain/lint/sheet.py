"""Style sheets of templates: which rules go into the elements, and which a mail client has to have in the head."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from notifier.domain.lint.tags import JINJA

# Of the element's moment, not of its place: nothing that an inline style could say.
_MOMENTARY: Final = re.compile(
    r"::?(?:hover|focus|active|visited|link|target|checked|before|after|placeholder|root|first-l|selection)"
    r"|\[data-ogs"
)
_PART: Final = re.compile(rf"{JINJA}|/\*.*?\*/|[{{}};]|[^{{}};/]+|/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """`selector{body}`, or an at-rule; `start` is where in the sheet it begins."""

    selector: str
    body: str
    start: int
    inside: int = 0
    """Where its body begins."""

    @property
    def is_kept(self) -> bool:
        """Whether it stays in the head's style: `@media` and the like, and states such as `:hover`."""
        return self.selector.startswith("@") or bool(_MOMENTARY.search(self.selector))

    def __str__(self) -> str:
        return f"{self.selector}{{{self.body}}}" if self.body or not self.selector.startswith("@") else self.selector


class Unbalanced(ValueError):  # noqa: N818 - it says what the sheet is
    """A brace without its partner; the argument is where."""


def rules(css: str) -> Iterator[Rule]:
    """The rules of a sheet, at-rules whole. Raises Unbalanced."""
    depth, start, body = 0, 0, 0
    for part in _PART.finditer(css):
        match part.group():
            case "{":
                depth += 1
                body = part.end() if depth == 1 else body
            case "}":
                depth -= 1
                if depth < 0:
                    raise Unbalanced(part.start())
                if depth == 0:
                    yield _rule(css, start, body, part.start())
                    start = part.end()
            case ";" if depth == 0:
                yield Rule(css[start : part.end()].strip(), "", _first(css, start))
                start = part.end()
    if depth:
        raise Unbalanced(body)
    if rest := _plain(css[start:]):
        yield Rule(rest, "", _first(css, start))


def _rule(css: str, start: int, body: int, end: int) -> Rule:
    return Rule(_plain(css[start : body - 1]), css[body:end].strip(), _first(css, start), _first(css, body))


def _plain(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).strip()


def _first(css: str, start: int) -> int:
    return start + len(css[start:]) - len(css[start:].lstrip())
