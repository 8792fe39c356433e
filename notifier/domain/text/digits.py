"""The site's digit policy: which digits our own numbers wear, and what never changes them."""

import re
from typing import Final

from notifier.domain.text.bidi import ISLANDS
from notifier.domain.text.locales import locale_of
from notifier.domain.words import Digits

_LATIN: Final = "0123456789"
_SETS: Final = {"latn": _LATIN, "arab": "٠١٢٣٤٥٦٧٨٩", "arabext": "۰۱۲۳۴۵۶۷۸۹"}
_TO: Final = {system: str.maketrans(dict(zip(_LATIN * 2, digits * 2, strict=True))) for system, digits in _SETS.items()}
# Separators go with the digits: a Latin comma between Arabic digits reads as a decimal point.
_MARKS: Final = {
    "latn": str.maketrans("", ""),
    "arab": str.maketrans(",.", "٬٫"),
    "arabext": str.maketrans(",.", "٬٫"),
}
_WORDS: Final = re.compile(r"\S+")
_HAS_LATIN: Final = re.compile(r"[A-Za-z]")
_NUMBER: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d.,]*\d)|\d+\.\d+(?![\d.,]*\d)|\d+")


def digit_system(policy: Digits, language: str) -> str:
    """`latn`, `arab` or `arabext`: what a policy means in a language."""
    if policy is not Digits.LOCALE:
        return policy.value
    system = str(locale_of(language).default_numbering_system)
    return system if system in _SETS else "latn"


def number(value: float, system: str) -> str:
    """A count or a rating: grouped by thousands, at most one decimal, whole with digits and separators of one set."""
    written = f"{value:,}" if isinstance(value, int) or value.is_integer() else f"{value:,.1f}"
    return written.removesuffix(".0").translate(_MARKS[system]).translate(_TO[system])


def convert(text: str, system: str) -> str:
    """Every ASCII digit of it, and nothing else: for dates and times."""
    return text.translate(_TO[system])


def localise(text: str, system: str) -> str:
    """The numbers of a sentence; never those of URLs, addresses, phone numbers, versions or codes with letters."""
    pieces, done = [], 0
    for island in ISLANDS.finditer(text):
        pieces += [_localise_words(text[done : island.start()], system), island.group()]
        done = island.end()
    return "".join([*pieces, _localise_words(text[done:], system)])


def _localise_words(text: str, system: str) -> str:
    return _WORDS.sub(lambda word: _localise_word(word.group(), system), text)


def _localise_word(word: str, system: str) -> str:
    # 2.0.1 is a version: two points, or a letter, and it is a code.
    if _HAS_LATIN.search(word) or re.search(r"\d\.\d+\.\d", word):
        return word
    return _NUMBER.sub(lambda found: found.group().translate(_MARKS[system]).translate(_TO[system]), word)
