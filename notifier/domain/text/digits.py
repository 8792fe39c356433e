"""The site's digit policy: which digits our own numbers wear."""

import unicodedata
from typing import Final

from notifier.domain.text.locales import base_language, locale_of
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


# Nobody writes ٣ in an English or a Hebrew sentence, whatever the site has chosen for its own language.
_LATIN_ONLY: Final = frozenset({"en", "he"})


def digit_system(policy: Digits, language: str) -> str:
    """`latn`, `arab` or `arabext`: what a policy means in a language."""
    if policy is not Digits.LOCALE and base_language(language) not in _LATIN_ONLY:
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


def western(text: str) -> str:
    """Every digit of any script as an ASCII one: what people type may be in their own."""
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)
