"""The languages this project speaks, and the full CLDR locale behind each."""

import re
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
_TAG: Final = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")


def base_language(tag: str) -> str:
    """`ar` of `ar-IQ` or `ar_IQ`."""
    return tag.replace("_", "-").split("-")[0].lower()


def regional(language: str, site_language: str) -> str:
    """The tag to write dates and numbers by: the site's country, where letter and site share a language.

    A reader asks for Arabic; that July is `تموز` in Baghdad and `يوليو` in Cairo is the paper's to know.
    """
    is_country_s = base_language(language) == base_language(site_language) and _TAG.fullmatch(site_language)
    return site_language if is_country_s else language


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
