"""Dates: months as the country says them, by the calendar the site keeps, in one set of digits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.text.ago import ago
from notifier.domain.text.dates import Dates, weekday_name
from notifier.domain.text.hijri import MONTHS, hijri
from notifier.domain.text.jalali import jalali
from notifier.domain.text.locales import LANGUAGES, regional
from notifier.domain.text.strings import Strings
from notifier.domain.words import Calendar, Digits
from notifier.settings import templates_dir

AT = datetime(2026, 7, 23, 6, 40, tzinfo=UTC)
STRINGS = Strings.load(templates_dir() / "strings")
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@pytest.mark.parametrize(
    ("language", "long", "time"),
    [
        ("ar", "الخميس ٢٣ تموز ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("ar-SY", "الخميس ٢٣ تموز ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("ar-LB", "الخميس ٢٣ تموز ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("ar-EG", "الخميس ٢٣ يوليو ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("ar-SA", "الخميس ٢٣ يوليو ٢٠٢٦", "٩:٤٠ صباحًا"),
        ("ar-AE", "الخميس 23 يوليو 2026", "9:40 صباحًا"),
        ("ar-MA", "الخميس 23 يوليوز 2026", "09:40"),
        ("ar-DZ", "الخميس 23 جويلية 2026", "9:40 صباحًا"),
        ("ckb", "پێنجشەممە، ٢٣ی تەممووزی ٢٠٢٦", "٩:٤٠ی بەیانی"),
        ("en", "Thursday 23 July 2026", "09:40"),
        ("en-US", "Thursday 23 July 2026", "9:40 AM"),
        ("fa", "پنجشنبه ۱ مرداد ۱۴۰۵", "۹:۴۰"),
        ("he", "יום חמישי, 23 ביולי 2026", "9:40"),
        ("ur", "جمعرات، 23 جولائی 2026", "صبح 9:40 بجے"),
    ],
)
def test_dates_are_those_of_the_country(language: str, long: str, time: str) -> None:
    dates = Dates(language, Digits.LOCALE, "Asia/Baghdad")
    assert dates.long(AT) == long
    assert dates.time(AT) == time


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ar", ["١٢:٠٥ منتصف الليل", "٤:٠٥ صباحًا", "١٢:٠٥ ظهرًا", "٣:٠٥ مساءً", "٩:٠٥ مساءً"]),
        ("ckb", ["١٢:٠٥ی شەو", "٤:٠٥ی بەیانی", "١٢:٠٥ی نیوەڕۆ", "٣:٠٥ی پاش نیوەڕۆ", "٩:٠٥ی شەو"]),
        ("ur", ["رات 12:05 بجے", "صبح 4:05 بجے", "دوپہر 12:05 بجے", "دوپہر 3:05 بجے", "رات 9:05 بجے"]),
        ("fa", ["۰:۰۵", "۴:۰۵", "۱۲:۰۵", "۱۵:۰۵", "۲۱:۰۵"]),
        ("he", ["0:05", "4:05", "12:05", "15:05", "21:05"]),
    ],
)
def test_the_parts_of_the_day_have_their_words(language: str, expected: list[str]) -> None:
    dates = Dates(language, Digits.LOCALE, "UTC")
    assert [dates.time(AT.replace(hour=hour, minute=5)) for hour in (0, 4, 12, 15, 21)] == expected


def test_a_moment_names_its_day_only_when_it_is_another() -> None:
    dates = Dates("ar", Digits.LOCALE, "Asia/Baghdad")
    assert dates.moment(AT, AT) == "٩:٤٠ صباحًا"
    assert dates.moment(AT + timedelta(hours=30), AT) == "الجمعة ٢٤ تموز، ٣:٤٠ مساءً"
    hebrew = Dates("he", Digits.LOCALE, "Asia/Jerusalem")
    assert hebrew.moment(AT + timedelta(hours=30), AT) == "יום שישי, 24 ביולי, 15:40"


@pytest.mark.parametrize(
    ("language", "long"),
    [
        ("ar", "الخميس ٢٣ تموز ٢٠٢٦، الموافق ٩ صفر ١٤٤٨هـ"),
        ("ckb", "پێنجشەممە، ٢٣ی تەممووزی ٢٠٢٦، بەرامبەر بە ٩ی سەفەری ١٤٤٨ی کۆچی"),
        ("en", "Thursday 23 July 2026 (9 Safar 1448 AH)"),
        ("fa", "پنجشنبه ۱ مرداد ۱۴۰۵، برابر با ۹ صفر ۱۴۴۸ قمری"),
        ("he", "יום חמישי, 23 ביולי 2026 (9 בצפר 1448 להיג׳רה)"),
        ("ur", "جمعرات، 23 جولائی 2026، بمطابق 9 صفر 1448ھ"),
    ],
)
def test_a_site_may_have_the_hijri_date_beside_the_other(language: str, long: str) -> None:
    dates = Dates(language, Digits.LOCALE, "Asia/Baghdad", Calendar.HIJRI)
    assert dates.long(AT) == long
    assert dates.day(AT) == Dates(language, Digits.LOCALE, "Asia/Baghdad").day(AT)


def test_persian_may_go_by_the_gregorian_calendar() -> None:
    dates = Dates("fa", Digits.LOCALE, "Asia/Tehran", Calendar.GREGORIAN)
    assert dates.long(AT.replace(month=1)) == "جمعه ۲۳ ژانویهٔ ۲۰۲۶"
    assert dates.day(AT.replace(month=1)) == "جمعه ۲۳ ژانویه"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 7, 7), (1446, 1, 1)),
        (date(2025, 3, 1), (1446, 9, 1)),
        (date(2025, 3, 30), (1446, 10, 1)),
        (date(2025, 6, 6), (1446, 12, 10)),
        (date(2025, 6, 26), (1447, 1, 1)),
        (date(2026, 2, 18), (1447, 9, 1)),
        (date(2026, 6, 16), (1448, 1, 1)),
        (date(1979, 11, 20), (1400, 1, 1)),
    ],
)
def test_the_hijri_months_begin_as_umm_al_qura_says(day: date, expected: tuple[int, int, int]) -> None:
    assert hijri(day) == expected


def test_hijri_months_have_names_in_every_language() -> None:
    assert MONTHS.keys() == LANGUAGES.keys()
    assert {len(set(names)) for names in MONTHS.values()} == {12}


@given(MOMENTS, st.sampled_from(sorted(LANGUAGES)), st.sampled_from(Calendar), st.sampled_from(Digits))
def test_any_moment_can_be_written(at: datetime, language: str, calendar: Calendar, digits: Digits) -> None:
    """It holds for articles older than the tables of a calendar, too, and with one set of digits."""
    dates = Dates(language, digits, "Asia/Baghdad", calendar)
    written = dates.long(at) + dates.day(at) + dates.moment(at, AT)
    found = {character.translate(_ZONES) for character in written if character.isdecimal()}
    assert len(found) == 1, written


_ZONES = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0" * 10 + "٠" * 10 + "۰" * 10)


def test_weekdays_have_one_spelling() -> None:
    assert weekday_name(4, "ckb") == "هەینی"
    assert weekday_name(5, "ar") == "السبت"
    assert weekday_name(0, "he") == "יום שני"


def test_the_country_of_the_site_writes_the_dates() -> None:
    assert regional("ar", "ar-EG") == "ar-EG"
    assert regional("ar-SY", "ar-EG") == "ar-EG"
    assert regional("en", "ar-EG") == "en"
    assert regional("ar", 'ar-"><b>') == "ar"


AGO = {
    "ar": ["قبل لحظات", "قبل دقيقة", "قبل دقيقتين", "قبل ١١ دقيقة", "قبل ٣ ساعات", "قبل يومين", "قبل ١٠٠ يوم"],
    "ckb": [
        *("هەر ئێستا", "١ خولەک لەمەوبەر", "٢ خولەک لەمەوبەر", "١١ خولەک لەمەوبەر"),
        *("٣ کاتژمێر لەمەوبەر", "٢ ڕۆژ لەمەوبەر", "١٠٠ ڕۆژ لەمەوبەر"),
    ],
    "en": ["just now", "1 minute ago", "2 minutes ago", "11 minutes ago", "3 hours ago", "2 days ago", "100 days ago"],
    "fa": ["همین حالا", "۱ دقیقه پیش", "۲ دقیقه پیش", "۱۱ دقیقه پیش", "۳ ساعت پیش", "۲ روز پیش", "۱۰۰ روز پیش"],
    "he": ["ממש עכשיו", "לפני דקה", "לפני שתי דקות", "לפני 11 דקות", "לפני 3 שעות", "לפני יומיים", "לפני 100 ימים"],
    "ur": ["ابھی ابھی", "1 منٹ پہلے", "2 منٹ پہلے", "11 منٹ پہلے", "3 گھنٹے پہلے", "2 دن پہلے", "100 دن پہلے"],
}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_how_long_ago_is_said_in_whole_units(language: str) -> None:
    spans = [
        {"seconds": 59},
        {"seconds": 119},
        {"minutes": 2},
        {"minutes": 11},
        {"hours": 3},
        {"days": 2},
        {"days": 100},
    ]
    voice = STRINGS.voice(language)
    assert [ago(AT - timedelta(**span), AT, voice) for span in spans] == AGO[language]
    assert ago(AT + timedelta(hours=1), AT, voice) == AGO[language][0]


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
