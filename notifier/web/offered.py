"""What the lists of the preference page hold, in the words of its language."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from babel.dates import get_timezone_location

from notifier.consent.preferences import Preferences
from notifier.domain.schedule import zone_of
from notifier.domain.text.dates import Dates
from notifier.domain.text.locales import base_language, locale_of
from notifier.domain.text.spoken import Spoken
from notifier.web.look import Voice

ZONES: Final = (
    "Asia/Baghdad",
    "Asia/Riyadh",
    "Asia/Kuwait",
    "Asia/Bahrain",
    "Asia/Qatar",
    "Asia/Dubai",
    "Asia/Muscat",
    "Asia/Aden",
    "Asia/Amman",
    "Asia/Damascus",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Africa/Cairo",
    "Africa/Khartoum",
    "Africa/Tripoli",
    "Africa/Tunis",
    "Africa/Algiers",
    "Africa/Casablanca",
    "Africa/Nouakchott",
    "Africa/Mogadishu",
    "Asia/Tehran",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kuala_Lumpur",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Europe/Berlin",
    "Europe/Stockholm",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/London",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Toronto",
    "America/Chicago",
    "America/Los_Angeles",
)
PAUSES: Final = tuple(timedelta(days=days) for days in (3, 7, 14, 30, 90))
_DIGITS: Final = {"latn": "1234567890", "arab": "١٢٣٤٥٦٧٨٩٠", "arabext": "۱۲۳۴۵۶۷۸۹۰"}
_LATIN_ONLY: Final = ("en", "he")


@dataclass(frozen=True, slots=True)
class Day:
    """A weekday; 0 is Monday."""

    number: int
    is_weekend: bool


def week(language: str) -> list[Day]:
    """From the day that opens the week where the language is read, with the weekend of that country."""
    locale = locale_of(language)
    first, begins, ends = locale.first_week_day, locale.weekend_start, locale.weekend_end
    days = [(first + day) % 7 for day in range(7)]
    return [Day(day, (day - begins) % 7 <= (ends - begins) % 7) for day in days]


def languages(spoken: frozenset[str], own: str) -> list[tuple[str, str]]:
    """Those that letters are written in, each by its own name."""
    return [(tag, str(locale_of(tag).get_language_name())) for tag in sorted({*spoken, own})]


def digits(language: str) -> list[tuple[str, str]]:
    """Nobody writes ٣ in an English or a Hebrew sentence."""
    return [] if base_language(language) in _LATIN_ONLY else list(_DIGITS.items())


def calendars(language: str) -> list[str]:
    """The calendars a language's letters may be dated by; the Solar Hijri one in Persian only."""
    return ["gregory", "islamic", *(["persian"] if base_language(language) == "fa" else [])]


def keywords(spoken: Spoken) -> dict[str, str]:
    """The reader's own digits and calendar, as the lists call them; empty for the site's."""
    parts = spoken.tag.partition("-u-")[2].split("-")
    return {"nu": "", "ca": "", **dict(zip(parts[::2], parts[1::2], strict=False))}


def pauses(found: Preferences, speaks: Voice, now: datetime) -> list[tuple[str, str]]:
    """(date, its name): the first day with letters again."""
    zone = zone_of(found.hours.time_zone)
    ends = [(now + lasts).astimezone(zone) for lasts in PAUSES]
    return [(end.date().isoformat(), day_of(end, found, speaks)) for end in ends]


def day_of(at: datetime, found: Preferences, speaks: Voice) -> str:
    """The name of the day on which a moment falls where the reader lives, in the page's words."""
    face = speaks.face
    assert face, "the page of a site"  # noqa: S101 - for mypy
    calendar = found.spoken.calendar or face.calendar
    return Dates(speaks.language, found.spoken.digits or face.digits, found.hours.time_zone, calendar).day(at)


@lru_cache(maxsize=256)
def zones(language: str, own: str) -> tuple[tuple[str, str], ...]:
    """Zones with the names of their cities, in the order of the alphabet; the reader's own is always among them."""
    locale = locale_of(language)
    named = {zone: str(get_timezone_location(zone, locale=locale, return_city=True)) for zone in {*ZONES, own}}
    return tuple(sorted(named.items(), key=lambda pair: pair[1]))
