"""Letters speak the language, the country, the calendar and the digits they were asked for."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notifier.domain.letter import LetterContent
from notifier.domain.words import Calendar, Digits, Frequency, LetterKind
from notifier.stages.render import Renderer, mail_text
from tests.letters import fixtures

PERSONAL = fixtures.personal()


def said(renderer: Renderer, content: LetterContent) -> str:
    return mail_text(renderer.render(content), PERSONAL)


def on(content: LetterContent, **site: object) -> LetterContent:
    return replace(content, site=replace(content.site, **site))  # type: ignore[arg-type]  # any field of a site


@pytest.mark.parametrize("language", fixtures.LANGUAGES)
@pytest.mark.parametrize("digits", Digits)
def test_our_numbers_change_their_digits_and_nothing_else_does(
    renderer: Renderer, digits: Digits, language: str
) -> None:
    for content in (fixtures.DIGEST, fixtures.REPLY):
        text = said(renderer, on(replace(content, language=language), digits=digits))
        for item in content.items:
            assert (item.title or item.summary.split("\n")[0]).replace("\u200e", "") in text
            assert not item.title or item.url in text
    digest = said(renderer, on(replace(fixtures.DIGEST, language=language), digits=digits))
    for code in ("+964 770 123 4567", "https://tadreeb.example/2026", "Laravel 12", "Python 3.13"):
        assert code in digest
    assert not re.search("[٠-٩۰-۹][.,][٠-٩۰-۹]|[0-9][٫٬][0-9]", digest)


@pytest.mark.parametrize(
    ("language", "digits", "views"),
    [
        ("ar", Digits.LOCALE, "٣٬٤٨٢ قراءة"),
        ("ar", Digits.LATN, "3,482 قراءة"),
        ("ckb", Digits.LOCALE, "٣٬٤٨٢ جار خوێندراوەتەوە"),
        ("fa", Digits.LOCALE, "۳٬۴۸۲ بازدید"),
        ("he", Digits.ARAB, "3,482 צפיות"),
        ("ur", Digits.LOCALE, "3,482 بار پڑھی گئی"),
        ("ur", Digits.ARABEXT, "۳٬۴۸۲ بار پڑھی گئی"),
    ],
)
def test_a_count_wears_the_digits_of_the_policy(renderer: Renderer, language: str, digits: Digits, views: str) -> None:
    assert views in said(renderer, on(replace(fixtures.ALERT, language=language), digits=digits))


@pytest.mark.parametrize(
    ("country", "day"),
    [
        ("ar", "الاثنين ٢٣ تشرين الثاني ٢٠٢٦"),
        ("ar-EG", "الاثنين ٢٣ نوفمبر ٢٠٢٦"),
        ("ar_SA", "الاثنين ٢٣ نوفمبر ٢٠٢٦"),
        ("ar-MA", "الاثنين 23 نونبر 2026"),
    ],
)
def test_months_are_those_of_the_site_s_country(renderer: Renderer, country: str, day: str) -> None:
    assert day in said(renderer, on(fixtures.DIGEST, language=country))


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("ar", "الاثنين ٢٣ تشرين الثاني ٢٠٢٦، الموافق ١٣ جمادى الآخرة ١٤٤٨هـ"),
        ("ckb", "دووشەممە، ٢٣ی تشرینی دووەمی ٢٠٢٦، بەرامبەر بە ١٣ی جومادای دووەمی ١٤٤٨ی کۆچی"),
        ("fa", "دوشنبه ۲ آذر ۱۴۰۵، برابر با ۱۳ جمادی‌الثانی ۱۴۴۸ قمری"),
        ("ur", "پیر، 23 نومبر 2026، بمطابق 13 جمادی الثانی 1448ھ"),
    ],
)
def test_a_site_may_want_the_hijri_date_too(renderer: Renderer, language: str, day: str) -> None:
    assert day in said(renderer, on(replace(fixtures.DIGEST, language=language), calendar=Calendar.HIJRI))


@pytest.mark.parametrize(
    ("language", "next_one"),
    [
        ("ar", "يصلك العدد التالي يوم الثلاثاء ٢٤ تشرين الثاني، إن كان فيه جديد."),
        ("ckb", "ژمارەی داهاتوو سێشەممە، ٢٤ی تشرینی دووەم دەگات، ئەگەر شتێکی نوێی تێدا بێت."),
        ("en", "The next issue comes on Tuesday 24 November, if there is something new."),
        ("fa", "شمارهٔ بعدی، اگر خبر تازه‌ای باشد، سه‌شنبه ۳ آذر می‌رسد."),
        ("he", "הגיליון הבא יישלח ביום שלישי, 24 בנובמבר, אם יהיה חדש."),
        ("ur", "اگلا شمارہ منگل، 24 نومبر کو آئے گا، اگر کچھ نیا ہوا۔"),
    ],
)
def test_the_next_letter_is_announced_in_a_sentence(renderer: Renderer, language: str, next_one: str) -> None:
    assert next_one in said(renderer, replace(fixtures.DIGEST, language=language))


@pytest.mark.parametrize(
    ("often", "day"), [(Frequency.DAILY, "Friday 30 October"), (Frequency.WEEKLY, "Thursday 5 Nov")]
)
def test_the_next_letter_is_so_many_days_away_however_long_they_are(
    renderer: Renderer, often: Frequency, day: str
) -> None:
    """In Cairo the 29th of October 2026 has 25 hours."""
    midnight = datetime(2026, 10, 28, 21, tzinfo=UTC)
    text = said(
        renderer, on(replace(fixtures.DIGEST, language="en", at=midnight, frequency=often), time_zone="Africa/Cairo")
    )
    assert "Thursday 29 October 2026" in text
    assert f"The next issue comes on {day}" in text


@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_no_letter_speaks_another_language(renderer: Renderer, language: str) -> None:
    """A confirmation holds few words that are not ours: all of the rest is in the letters of its language."""
    confirm = replace(fixtures.CONFIRM, language=language, topics=())
    text = re.sub(r"https://\S+", "", said(renderer, on(confirm, name="Dhifaf", postal_address="")))
    words = re.findall(r"[^\W\d_]+", text.replace("Dhifaf", ""))
    script = {"en": "[a-z]", "he": "[א-ת]"}.get(language, "[؀-ۿ]")
    assert [word for word in words if not re.match(script, word, re.IGNORECASE)] == []


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_every_letter_has_a_subject_of_its_language(renderer: Renderer, kind: LetterKind, language: str) -> None:
    content = on(replace(fixtures.SAMPLES[kind], language=language), name="Dhifaf")
    subject = renderer.render(content).subject
    assert "{" not in subject
    assert len(subject) > len("Dhifaf")
