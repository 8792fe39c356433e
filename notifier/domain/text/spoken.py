"""A reader's language, digits and calendar as one tag: `ar-u-ca-islamic-nu-latn` (BCP 47, RFC 6067).

One string is what readers are grouped by and letters are keyed by: whoever reads alike shares a letter.
"""

from dataclasses import dataclass
from typing import Final, Self

from notifier.domain.words import Calendar, Digits

_MARK: Final = "-u"
_CALENDARS: Final = {"gregory": Calendar.GREGORIAN, "islamic": Calendar.HIJRI, "persian": Calendar.LOCALE}
_DIGITS: Final = {"latn": Digits.LATN, "arab": Digits.ARAB, "arabext": Digits.ARABEXT}


@dataclass(frozen=True, slots=True)
class Spoken:
    """How letters are written for somebody; None leaves it to the site."""

    language: str
    digits: Digits | None = None
    calendar: Calendar | None = None

    @classmethod
    def read(cls, tag: str) -> Self:
        """What a tag says; whatever else it carries is left out."""
        language, _, extension = tag.partition(f"{_MARK}-")
        parts = extension.split("-")
        named = dict(zip(parts[::2], parts[1::2], strict=False))
        return cls(language, _DIGITS.get(named.get("nu", "")), _CALENDARS.get(named.get("ca", "")))

    @property
    def tag(self) -> str:
        """The tag, its keywords in the order of the alphabet: equal wishes are equal strings."""
        calendar = next((f"-ca-{name}" for name, one in _CALENDARS.items() if one is self.calendar), "")
        digits = next((f"-nu-{name}" for name, one in _DIGITS.items() if one is self.digits), "")
        return f"{self.language}{_MARK}{calendar}{digits}" if calendar or digits else self.language
