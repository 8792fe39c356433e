"""Where the marks of personal links may stand in a letter by an editor's template: where a link leads, and first there.

Within another address they would carry a reader's own tokens, a sign-in link's for one, to wherever that leads.
"""

import re
from html.parser import HTMLParser
from typing import Final

from notifier.domain.letter import PersonalMark

_FRAMES: Final = frozenset({PersonalMark.OPEN, PersonalMark.CLOSE})
_LINKS: Final = frozenset(PersonalMark) - _FRAMES
_ANY: Final = re.compile(f"[{''.join(_LINKS)}]")
_ONWARD: Final = re.compile(f"[{''.join(_LINKS)}][a-z/]*")
"""Such as `/mute/thread` after a link of ours: still a page of ours."""
_WHOLE: Final = re.compile(rf'\shref="{_ONWARD.pattern}"')
_RAW: Final = frozenset({"style", "script", "title", "textarea", "xmp", "noembed", "noframes", "iframe", "plaintext"})


def are_astray(html: str) -> bool:
    """Whether a personal mark stands anywhere but in `<a href="…">`, first, as browsers read it and as it is written.

    Both: what a parser takes for a link is then a link in its very characters too.
    """
    if not _ANY.search(html):
        return False
    if _ANY.search(_WHOLE.sub("", html)):
        return True
    reading = _Reading()
    reading.feed(html)
    reading.close()
    return reading.links != len(_ANY.findall(html))


class _Reading(HTMLParser):
    """Counts the links that begin with a mark."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.links = 0
        self._raw = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more, perhaps."""
        if tag == "a" and not self._raw:
            self.links += sum(1 for name, value in attrs if name == "href" and _ONWARD.fullmatch(value or ""))
        if tag in _RAW:
            self._raw = tag

    def handle_endtag(self, tag: str) -> None:
        """Past a text that is no markup."""
        if tag == self._raw:
            self._raw = ""
