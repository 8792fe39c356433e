"""The Solar Hijri calendar of Iran, by its published leap-year cycles."""

from datetime import date
from functools import cache
from itertools import pairwise
from typing import Final

MONTHS: Final = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)
_NOWRUZ_1404: Final = date(2025, 3, 21).toordinal()
# Leap years of the astronomical calendar as Iran publishes it; within a run every fourth year, after it a fifth.
_LEAP: Final = frozenset(
    [*range(1375, 1404, 4), *range(1408, 1437, 4), *range(1441, 1470, 4), *range(1474, 1499, 4)],
)
_FIRST_YEAR, _LAST_YEAR = 1376, 1498


def jalali(day: date) -> tuple[int, int, int]:
    """Year, month and day of the month. Raises ValueError outside 1376–1498 (1997–2119)."""
    ordinal = day.toordinal()
    for year, next_year in pairwise(range(_FIRST_YEAR, _LAST_YEAR + 2)):
        if _new_year(year) <= ordinal < _new_year(next_year):
            return (year, *_month_and_day(ordinal - _new_year(year)))
    message = f"{day} lies outside the known years of the calendar"
    raise ValueError(message)


@cache
def _new_year(year: int) -> int:
    leaps = sum(1 for leap in _LEAP if min(year, 1404) <= leap < max(year, 1404))
    days = 365 * (year - 1404)
    return _NOWRUZ_1404 + days + (leaps if year >= 1404 else -leaps)  # noqa: PLR2004 - the year of the anchor above


def _month_and_day(day_of_year: int) -> tuple[int, int]:
    if day_of_year < 186:  # noqa: PLR2004 - six months of 31 days
        return day_of_year // 31 + 1, day_of_year % 31 + 1
    rest = day_of_year - 186
    return rest // 30 + 7, rest % 30 + 1
