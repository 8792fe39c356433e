"""Digits and dates: one set of digits, months as the country says them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from notifier.domain.text.dates import Dates
from notifier.domain.text.digits import digit_system, number
from notifier.domain.text.jalali import jalali
from notifier.domain.words import Digits

AT = datetime(2026, 7, 23, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "language", "system"),
    [
        (Digits.LOCALE, "ar", "arab"),
        (Digits.LOCALE, "fa", "arabext"),
        (Digits.LOCALE, "en", "latn"),
        (Digits.LOCALE, "he", "latn"),
        (Digits.LOCALE, "ckb", "arab"),
        (Digits.LATN, "ar", "latn"),
        (Digits.ARABEXT, "ur", "arabext"),
    ],
)
def test_the_policy_chooses_the_digits(policy: Digits, language: str, system: str) -> None:
    assert digit_system(policy, language) == system


def test_separators_go_with_the_digits() -> None:
    assert number(1234567, "arab") == "١٬٢٣٤٬٥٦٧"
    assert number(4.6, "arabext") == "۴٫۶"
    assert number(1234.5, "latn") == "1,234.5"
    assert number(4.0, "arab") == "٤"


@pytest.mark.parametrize(
    ("language", "long", "time"),
    [
        ("ar", "الخميس ٢٣ تموز ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("ar-EG", "الخميس ٢٣ يوليو ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("fa", "پنجشنبه ۱ مرداد ۱۴۰۵", "۹:۴۰"),
        ("en", "Thursday 23 July 2026", "09:40"),
    ],
)
def test_dates_are_those_of_the_country(language: str, long: str, time: str) -> None:
    dates = Dates(language, Digits.LOCALE, "Asia/Baghdad")
    assert dates.long(AT) == long
    assert dates.time(AT) == time


def test_a_moment_names_its_day_only_when_it_is_another() -> None:
    dates = Dates("ar", Digits.LOCALE, "Asia/Baghdad")
    assert dates.moment(AT, AT) == "٩:٤٠ صباحًا"
    assert dates.moment(AT + timedelta(hours=30), AT) == "الجمعة ٢٤ تموز، ٣:٤٠ مساءً"
    assert dates.relative(AT - timedelta(hours=3), AT) == "قبل ٣ ساعات"
    assert Dates("ar", Digits.LATN, "Asia/Baghdad").relative(AT - timedelta(hours=3), AT) == "قبل 3 ساعات"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 3, 21), (1404, 1, 1)),
        (date(2025, 3, 20), (1403, 12, 30)),
        (date(2026, 3, 20), (1404, 12, 29)),
        (date(2026, 9, 23), (1405, 7, 1)),
        (date(2024, 3, 19), (1402, 12, 29)),
        (date(2029, 3, 20), (1408, 1, 1)),
        (date(2030, 3, 20), (1408, 12, 30)),
        (date(2000, 3, 20), (1379, 1, 1)),
    ],
)
def test_the_solar_hijri_year_turns_when_iran_says(day: date, expected: tuple[int, int, int]) -> None:
    assert jalali(day) == expected


def test_years_nobody_published_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        jalali(date(1990, 1, 1))
