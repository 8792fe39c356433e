"""The languages this project speaks, and the full CLDR locale behind each."""

from functools import lru_cache
from typing import Final

from babel import Locale

# Full locales on purpose: Babel's bare `ar` and `fa` begin the week on Monday, and `ku` is Kurmanji in Latin letters.
LANGUAGES: Final = {
    "ar": "ar_IQ",
    "ckb": "ckb_IQ",
    "en": "en_GB",
    "fa": "fa_IR",
    "he": "he_IL",
    "ur": "ur_PK",
}


def base_language(tag: str) -> str:
    """`ar` of `ar-IQ` or `ar_IQ`."""
    return tag.replace("_", "-").split("-")[0].lower()


@lru_cache
def locale_of(language: str) -> Locale:
    """The CLDR locale of a language tag: the one it names (`ar-EG`), else our own choice. Raises KeyError."""
    tag = language.replace("-", "_")
    if "_" in tag and base_language(tag) in LANGUAGES:
        found = Locale.negotiate([tag], [tag])
        if found is not None:
            return found
    return Locale.parse(LANGUAGES[base_language(language)])


def plural_category(language: str, count: float) -> str:
    """The CLDR category of a count: `zero`, `one`, `two`, `few`, `many` or `other`."""
    return str(locale_of(language).plural_form(count))


def plural_categories(language: str) -> frozenset[str]:
    """All the categories a sentence with a count needs in this language."""
    return frozenset(locale_of(language).plural_form.tags) | {"other"}
