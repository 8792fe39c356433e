"""Direction: which way a text runs, and isolating the runs that go the other way."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from html import escape
from typing import Final, Self

from notifier.domain.letter import direction as language_direction
from notifier.domain.text.clean import clean

RLM: Final = "\u200f"
LRM: Final = "\u200e"
_OTHER: Final = {"rtl": "ltr", "ltr": "rtl"}
_D: Final = "0-9٠-٩۰-۹"
# Always left to right, whatever letters they hold: addresses of every kind, phone numbers, ISO dates.
ISLANDS: Final = re.compile(
    rf"""
      (?:https?://|www\.)[^\s<>«»"،؛]*[^\s<>«»"،؛.,:!?؟)\]]
    | [^\s<>()@«»"،؛:]+@[^\s<>()@«»"،؛:]+\.[^\s<>()@«»"،؛:.,!?؟]+
    | (?<![A-Za-z{_D}+])(?:\+|00)[{_D}](?:[ .()\-]{{0,2}}[{_D}]){{6,14}}(?![{_D}])
    | (?<![A-Za-z{_D}+])\(?[0٠۰][{_D}]{{1,4}}\)?(?:[ .\-][{_D}]{{2,7}}){{1,4}}(?![{_D}])
    | (?<![A-Za-z{_D}])[{_D}]{{4}}-[{_D}]{{2}}-[{_D}]{{2}}(?![A-Za-z{_D}])
    """,
    re.VERBOSE,
)
# Quickly seen: without one of these no island is worth looking for.
_MAY_BE_ISLAND: Final = re.compile(rf"@|://|www\.|[{_D}][ .()\-]{{0,2}}[{_D}]")
_ARABIC_STOPS: Final = "،؛؟"
# In an alphabet of roles: L and R letters, E European and A Arabic digits, p a sign that may open a word of code
# (.NET), s one that may close it (C++), h both, N all else. A run ends with a letter or a digit, so that a sentence
# keeps its own full stop.
_RUNS: Final = {
    "rtl": re.compile(r"(?:(?<![LRE])[ph]{1,2}(?=E*L))?E*L(?:[^R]*[LE])?(?:[sh]{1,2}(?![LRE]))?"),
    "ltr": re.compile(r"R(?:[^L]*[RAE])?"),
}
_LETTER: Final = {"rtl": "R", "ltr": "L"}
_SIGNS: Final = {"@": "p", ".": "p", "#": "h", "+": "s", "%": "s"}
_SHORT_RUN_MAX: Final = 14
_PHONE_MAX: Final = 18
_PAIRS: Final = {")": "(", "]": "[", "}": "{", "»": "«", "”": "“", "’": "‘", '"': '"'}


class Phrase(str):
    """A plain text that knows which way it runs, whatever letter it begins with."""

    __slots__ = ("direction",)
    direction: str

    def __new__(cls, text: str, direction: str) -> Self:
        """Keep `text` cleaned; `direction` is `rtl` or `ltr`."""
        self = super().__new__(cls, clean(text))
        self.direction = direction
        return self


def first_strong(text: str) -> str | None:
    """`rtl` or `ltr` by the first letter that has a direction; None without one."""
    for character in text:
        way = letter_way(character)
        if way:
            return way
    return None


def direction_of(text: str, language: str, default: str) -> str:
    """The block direction of a text: right to left in such a language, unless no letter of it runs that way.

    Else the greater part of the letters decides, for a comment may well begin with "Laravel", and many a feed of Arabic
    articles says that it is in English; without letters, `default`.
    """
    ways = _ways(text)
    if len(ways) == 1:
        return next(iter(ways))
    # Arabic may be full of Latin names; a text that is Arabic for the most part is no English.
    if language and language_direction(language) == "rtl":
        return "rtl"
    if not ways:
        return default
    counted = Counter(map(letter_way, text))
    return "rtl" if counted["rtl"] > counted["ltr"] else "ltr" if counted["ltr"] > counted["rtl"] else default


def direction_within(text: str, base: str) -> str:
    """How words of a paragraph of direction `base` run: as it does, unless none of their letters do."""
    ways = _ways(text)
    return next(iter(ways)) if len(ways) == 1 else base


def isolate(text: str, base: str) -> str:
    """`text` as HTML for a block of direction `base`: escaped, each run of the other direction in its own span."""
    return _isolated(str(text), text.direction if isinstance(text, Phrase) else None, base)


# The articles of one day stand in hundreds of digests.
@lru_cache(maxsize=4096)
def _isolated(text: str, own: str | None, base: str) -> str:
    plain = clean(text)
    ways = _ways(plain)
    if base == "rtl" and own != "ltr" and "ltr" not in ways and not _MAY_BE_ISLAND.search(plain):
        return escape(plain)  # as most texts are
    runs_as = own if ways else None
    # Latin words parted by Arabic commas are an Arabic list.
    is_arabic_list = base == "rtl" and any(stop in plain for stop in _ARABIC_STOPS)
    if runs_as is None and ways == {_OTHER[base]} and not is_arabic_list:
        runs_as = _OTHER[base]
    if runs_as in {None, base}:
        return _isolate_runs(plain, base, with_islands=True)
    return _span(_isolate_runs(plain, str(runs_as), with_islands=True), str(runs_as))


def mark_line(line: str, base: str) -> str:
    """A line of plain text that cannot flip its paragraph: RLM before a Latin start in `rtl`.

    In `ltr` an LRM stands only before a line of both scripts; a line all in Arabic reads best by itself.
    """
    if first_strong(line) in {None, base}:
        return line
    if base == "ltr":
        return LRM + line if _ways(line) == {"rtl", "ltr"} else line
    return RLM + line


def mark_subject(subject: str, base: str) -> str:
    """A subject of both scripts that begins in Latin letters, for a right-to-left reader; others stay bare."""
    return RLM + subject if base == "rtl" and first_strong(subject) == "ltr" and "rtl" in _ways(subject) else subject


@lru_cache(maxsize=4096)
def _ways(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(letter_way, set(text))))


def _isolate_runs(text: str, base: str, *, with_islands: bool) -> str:
    roles = _roles(text, with_islands=with_islands)
    if _LETTER[_OTHER[base]] not in roles:
        return escape(text)
    pieces, done = [], 0
    for found in _RUNS[base].finditer(roles):
        start, end = found.start(), _with_closing_bracket(text, found.start(), found.end())
        if start < done:
            continue
        pieces.append(escape(text[done:start]))
        pieces.append(_span(_inside(text[start:end], base), _OTHER[base], is_whole=_stays_whole(text[start:end])))
        done = end
    pieces.append(escape(text[done:]))
    return "".join(pieces)


def _inside(run: str, base: str) -> str:
    # Only a URL or an address can hold letters of the base direction inside a run of the other one.
    if any(letter_way(character) == base for character in run):
        return _isolate_runs(run, _OTHER[base], with_islands=False)
    return escape(run)


def _with_closing_bracket(text: str, start: int, end: int) -> int:
    if end >= len(text) or text[end] not in _PAIRS:
        return end
    run, closing = text[start:end], text[end]
    opening = _PAIRS[closing]
    is_open = run.count('"') % 2 == 1 if closing == '"' else run.count(opening) > run.count(closing)
    return end + 1 if is_open else end


def _stays_whole(run: str) -> bool:
    # "Laravel 12" or a phone number that breaks at the end of a line reads backwards; longer runs must break, for
    # a title in 25 px has room for some twenty letters on the narrowest phone.
    return len(run) <= (_PHONE_MAX if run[0] in "+0(" else _SHORT_RUN_MAX) and " " in run


def _span(html: str, way: str, *, is_whole: bool = False) -> str:
    # The style says the direction again because GMX drops `dir`.
    whole = ";white-space:nowrap" if is_whole else ""
    return f'<span dir="{way}" style="unicode-bidi:isolate;direction:{way}{whole}">{html}</span>'


def _roles(text: str, *, with_islands: bool) -> str:
    roles = text.translate(_ROLES)
    if "M" in roles:
        roles = _with_marks(roles)
    if not with_islands or not _MAY_BE_ISLAND.search(text):
        return roles
    for island in ISLANDS.finditer(text):
        start, end = island.span()
        roles = roles[:start] + "L" * (end - start) + roles[end:]
    return roles


def _with_marks(roles: str) -> str:
    # A vowel sign or an accent goes with its letter.
    resolved = list(roles)
    for index, role in enumerate(resolved):
        if role == "M":
            resolved[index] = resolved[index - 1] if index else "N"
    return "".join(resolved)


class _Roles(dict[int, str]):
    """Code point -> role, filled as letters come up."""

    def __missing__(self, code: int) -> str:
        role = _role(chr(code))
        if len(self) < _ROLES_MAX:
            self[code] = role
        return role


_ROLES_MAX: Final = 4096
_ROLES: Final = _Roles()


def _role(character: str) -> str:
    kind = unicodedata.bidirectional(character)
    if character in _ARABIC_STOPS:
        return "R"
    if kind == "L":
        return "L"
    if kind in {"R", "AL"}:
        return "R"
    if kind in {"EN", "AN"}:
        return kind[0]
    if kind == "NSM":
        return "M"
    return _SIGNS.get(character, "N")


@lru_cache(maxsize=4096)
def letter_way(character: str) -> str | None:
    """`rtl` or `ltr` for a letter; None for what takes its direction from its neighbours."""
    if character in _ARABIC_STOPS:
        return None
    kind = unicodedata.bidirectional(character)
    if kind == "L":
        return "ltr"
    return "rtl" if kind in {"R", "AL"} else None
