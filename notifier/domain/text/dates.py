"""Dates as readers of a language write them: CLDR months and weekdays, the site's digits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta

from notifier.domain.text.clean import clean
from notifier.domain.text.digits import convert, digit_system
from notifier.domain.text.jalali import MONTHS, jalali
from notifier.domain.text.locales import base_language, locale_of
from notifier.domain.words import Digits

_DAY: Final = {
    "ar": "EEEE d MMMM",
    "ckb": "EEEE، dی MMMM",
    "en": "EEEE d MMMM",
    "fa": "EEEE d MMMM",
    "he": "EEEE, d בMMMM",
    "ur": "EEEE، d MMMM",
}
_LONG: Final = {**{language: f"{day} y" for language, day in _DAY.items()}, "ckb": "EEEE، dی MMMMی y"}


@dataclass(frozen=True, slots=True)
class Dates:
    """How one letter writes its dates."""

    language: str
    digits: Digits
    time_zone: str

    def long(self, at: datetime) -> str:
        """`الاثنين ٢٣ تشرين الثاني ٢٠٢٦`; in Persian by the Solar Hijri calendar."""
        return self._pattern(at, _LONG, with_year=True)

    def day(self, at: datetime) -> str:
        """The same without the year."""
        return self._pattern(at, _DAY, with_year=False)

    def time(self, at: datetime) -> str:
        """`٩:٤٠ صباحًا`, or by the 24-hour clock where the locale does so."""
        return _time(self, at.replace(second=0, microsecond=0))

    def _time(self, at: datetime) -> str:
        locale, local = locale_of(self.language), self._local(at)
        short = locale.time_formats["short"].pattern
        if "a" not in short:
            return self._converted(format_time(local, "short", locale=locale))
        half = "am" if local.hour < 12 else "pm"  # noqa: PLR2004 - noon
        return self._converted(f"{local.hour % 12 or 12}:{local.minute:02} {_half_day(self.language, half)}")

    def moment(self, at: datetime, beside: datetime) -> str:
        """The time alone on the day of `beside`, else day and time."""
        return _moment(self, at, beside)

    def _moment(self, at: datetime, beside: datetime) -> str:
        if self._local(at).date() == self._local(beside).date():
            return self.time(at)
        comma = "، " if base_language(self.language) in {"ar", "ckb", "fa", "ur"} else ", "
        return f"{self.day(at)}{comma}{self.time(at)}"

    def relative(self, at: datetime, now: datetime) -> str:
        """`قبل ٣ ساعات`: for pages; a letter is read later than it is written."""
        since: timedelta = at - now
        return self._converted(format_timedelta(since, locale=locale_of(self.language), add_direction=True))

    def _pattern(self, at: datetime, patterns: dict[str, str], *, with_year: bool) -> str:
        return _day(self, self._local(at).date(), patterns[base_language(self.language)], with_year)

    def _day(self, local: date, pattern: str, *, with_year: bool) -> str:
        locale = locale_of(self.language)
        if base_language(self.language) == "fa":
            year, month, day = jalali(local)
            weekday = format_date(local, "EEEE", locale=locale)
            return self._converted(f"{weekday} {day} {MONTHS[month - 1]}" + (f" {year}" if with_year else ""))
        return self._converted(format_date(local, pattern, locale=locale))

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(_zone(self.time_zone))

    def _converted(self, text: str) -> str:
        return convert(clean(text), digit_system(self.digits, self.language))


# The articles of one day stand in hundreds of digests.
@lru_cache(maxsize=2048)
def _moment(dates: Dates, at: datetime, beside: datetime) -> str:
    return dates._moment(at, beside)  # noqa: SLF001 - its own memory


@lru_cache(maxsize=2048)
def _time(dates: Dates, at: datetime) -> str:
    return dates._time(at)  # noqa: SLF001 - its own memory


@lru_cache(maxsize=2048)
def _day(dates: Dates, local: date, pattern: str, with_year: bool) -> str:  # noqa: FBT001 - a key
    return dates._day(local, pattern, with_year=with_year)  # noqa: SLF001 - its own memory


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache
def _half_day(language: str, half: str) -> str:
    periods = locale_of(language).day_periods
    # Only the stand-alone names of Arabic are words (`صباحًا`); the others are letters (`ص`).
    for context, width in (("stand-alone", "wide"), ("format", "wide"), ("format", "abbreviated")):
        if half in periods.get(context, {}).get(width, {}):
            return str(periods[context][width][half])
    return half
