"""Where a text may be cut: never inside what a reader sees as one character (after UAX #29, the rules we need)."""

import unicodedata
from typing import Final

ZWNJ: Final = "\u200c"
ZWJ: Final = "\u200d"
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_VIRAMA: Final = 9
"""The combining class of the signs that join two Indic consonants."""


def cut_before(text: str, at: int) -> int:
    """The last place at or before `at` that parts two characters; 0 if there is none."""
    at = min(at, len(text))
    while at > 0 and not _parts(text, at):
        at -= 1
    return at


def _parts(text: str, at: int) -> bool:
    if at in {0, len(text)}:
        return True
    before, after = text[at - 1], text[at]
    # Whatever ZWJ joins, an emoji or the two halves of a Persian abbreviation, is one thing.
    if before == ZWJ or _hangs_on(after) or unicodedata.combining(before) == _VIRAMA:
        return False
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, at) % 2 == 0
    return not _is_jamo(before) or not _is_jamo(after) or (_is_lead(after) and not _is_lead(before))


def _hangs_on(character: str) -> bool:
    """Whether it belongs to the character before it: marks, joiners, skin tones, the tags of a flag."""
    return (
        character in {ZWJ, ZWNJ}
        or unicodedata.category(character) in _MARKS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start and _is_flag_letter(text[start - 1]):
        start -= 1
    return at - start


def _is_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff"


def _is_lead(character: str) -> bool:
    """Whether a Hangul syllable begins with it."""
    return "\u1100" <= character <= "\u115f"
