"""Dates as readers of a language write them: the country's months, the site's calendar, the site's digits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from notifier.domain.text.clean import clean
from notifier.domain.text.clock import time_of_day
from notifier.domain.text.digits import convert, digit_system
from notifier.domain.text.hijri import with_hijri
from notifier.domain.text.jalali import MONTHS, jalali
from notifier.domain.text.locales import base_language, locale_of
from notifier.domain.words import Calendar, Digits

_DAY: Final = {
    "ar": "EEEE d MMMM",
    "ckb": "EEEE، dی MMMM",
    "en": "EEEE d MMMM",
    "fa": "EEEE d LLLL",
    "he": "EEEE, d בMMMM",
    "ur": "EEEE، d MMMM",
}
_LONG: Final = {
    **{language: f"{day} y" for language, day in _DAY.items()},
    "ckb": "EEEE، dی MMMMی y",
    "fa": "EEEE d MMMM y",
}
# CLDR's Sorani spells one month in two ways, and h with a letter that the press of Erbil and Sulaymaniyah avoids.
_MENDED: Final = {"ckb": (("ھ", "ه"), ("کانونی", "کانوونی"), ("تەمووز", "تەممووز"))}
_MONDAY: Final = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Dates:
    """How one letter writes its dates."""

    language: str
    digits: Digits
    time_zone: str
    calendar: Calendar = Calendar.LOCALE

    def long(self, at: datetime) -> str:
        """`الاثنين ٢٣ تشرين الثاني ٢٠٢٦`, and the Hijri date beside it where the site wants that."""
        return _day(self, self._local(at).date(), with_year=True)

    def day(self, at: datetime, after: timedelta = timedelta()) -> str:
        """The same without the year, and by one calendar; so many days after it, however many hours these have."""
        return _day(self, self._local(at).date() + after, with_year=False)

    def time(self, at: datetime) -> str:
        """`٩:٤٠ صباحًا`, or by the 24-hour clock where the locale does so."""
        return _time(self, at.replace(second=0, microsecond=0))

    def full(self, at: datetime) -> str:
        """The day with its year, and the time."""
        return f"{self.long(at)}{self._comma}{self.time(at)}"

    def moment(self, at: datetime, beside: datetime) -> str:
        """The time alone on the day of `beside`, else day and time."""
        return _moment(self, at, beside)

    def _moment(self, at: datetime, beside: datetime) -> str:
        if self._local(at).date() == self._local(beside).date():
            return self.time(at)
        return f"{self.day(at)}{self._comma}{self.time(at)}"

    @property
    def _comma(self) -> str:
        return "، " if base_language(self.language) in {"ar", "ckb", "fa", "ur"} else ", "

    def _day(self, local: date, *, with_year: bool) -> str:
        written = self._solar_hijri(local, with_year=with_year) or _gregorian(local, self.language, with_year=with_year)
        if with_year and self.calendar is Calendar.HIJRI:
            written = with_hijri(written, local, base_language(self.language))
        return self._converted(written)

    def _solar_hijri(self, local: date, *, with_year: bool) -> str:
        if base_language(self.language) != "fa" or self.calendar is Calendar.GREGORIAN:
            return ""
        try:
            year, month, day = jalali(local)
        except ValueError:
            return ""  # An article of 1990 has its date by the other calendar rather than none.
        weekday = weekday_name(local.weekday(), self.language)
        return f"{weekday} {day} {MONTHS[month - 1]}" + (f" {year}" if with_year else "")

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(_zone(self.time_zone))

    def _converted(self, text: str) -> str:
        return convert(clean(text), digit_system(self.digits, self.language))


@lru_cache
def weekday_name(weekday: int, language: str) -> str:
    """The name of a weekday; 0 is Monday."""
    named = format_date(date.fromordinal(_MONDAY.toordinal() + weekday), "EEEE", locale=locale_of(language))
    return _mended(named, language)


def _gregorian(local: date, language: str, *, with_year: bool) -> str:
    pattern = (_LONG if with_year else _DAY)[base_language(language)]
    return _mended(format_date(local, pattern, locale=locale_of(language)), language)


def _mended(text: str, language: str) -> str:
    for wrong, right in _MENDED.get(base_language(language), ()):
        text = text.replace(wrong, right)
    return text


# The articles of one day stand in hundreds of digests.
@lru_cache(maxsize=2048)
def _moment(dates: Dates, at: datetime, beside: datetime) -> str:
    return dates._moment(at, beside)  # noqa: SLF001 - its own memory


@lru_cache(maxsize=2048)
def _time(dates: Dates, at: datetime) -> str:
    return dates._converted(time_of_day(dates._local(at), dates.language))  # noqa: SLF001 - its own memory


@lru_cache(maxsize=2048)
def _day(dates: Dates, local: date, *, with_year: bool) -> str:
    return dates._day(local, with_year=with_year)  # noqa: SLF001 - its own memory


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
