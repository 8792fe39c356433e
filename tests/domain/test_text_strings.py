"""Sentences: the same keys in every language, the plural forms of each, and no silent gap."""

from pathlib import Path
from string import Formatter

import pytest

from notifier.domain.text.locales import LANGUAGES, plural_categories
from notifier.domain.text.strings import Strings, StringsError
from notifier.domain.words import Digits
from notifier.settings import templates_dir

STRINGS = Strings.load(templates_dir() / "strings")


def test_every_language_has_the_same_keys() -> None:
    arabic = STRINGS.keys("ar")
    for language in STRINGS.languages:
        assert STRINGS.keys(language) == arabic, language


@pytest.mark.parametrize("language", sorted(STRINGS.languages))
def test_plural_tables_have_exactly_the_forms_of_the_language(language: str) -> None:
    for key in STRINGS.keys(language):
        form = STRINGS.form(language, key)
        if isinstance(form, dict):
            assert set(form) == plural_categories(language), key
        assert isinstance(form, dict) == isinstance(STRINGS.form("ar", key), dict), key


def places(form: str | dict[str, str]) -> set[str]:
    texts = form.values() if isinstance(form, dict) else [form]
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", sorted(STRINGS.languages))
def test_a_sentence_has_the_same_places_in_every_language(language: str) -> None:
    for key in STRINGS.keys(language):
        assert places(STRINGS.form(language, key)) == places(STRINGS.form("ar", key)), key


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "بلا تعليقات"),
        (1, "تعليق واحد"),
        (2, "تعليقان"),
        (3, "٣ تعليقات"),
        (10, "١٠ تعليقات"),
        (11, "١١ تعليقًا"),
        (99, "٩٩ تعليقًا"),
        (100, "١٠٠ تعليق"),
        (101, "١٠١ تعليق"),
        (102, "١٠٢ تعليق"),
        (103, "١٠٣ تعليقات"),
        (111, "١١١ تعليقًا"),
        (1103, "١٬١٠٣ تعليقات"),
    ],
)
def test_arabic_counts_in_six_forms(count: int, expected: str) -> None:
    assert STRINGS.say("ar", "letters.counts.comments", count=count) == expected


def test_the_digits_follow_the_site() -> None:
    voice = STRINGS.voice("ar-IQ", Digits.LATN)
    assert voice.say("letters.counts.comments", count=11) == "11 تعليقًا"
    assert STRINGS.say("fa", "letters.counts.comments", count=1234) == "۱٬۲۳۴ دیدگاه"


def test_what_is_missing_raises() -> None:
    given: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("ar", "letters.nothing", {}),
        ("xx", "letters.view", {}),
        ("ar", "letters.confirm.why", {}),
        ("ar", "letters.view", {"site": "x"}),
        ("ar", "letters.counts.comments", {}),
    )
    for language, key, values in given:
        with pytest.raises(StringsError):
            STRINGS.say(language, key, **values)


def test_only_languages_with_a_file_are_offered(tmp_path: Path) -> None:
    (tmp_path / "he.toml").write_text('[letters]\nview = "א"\n', "utf-8")
    (tmp_path / "xx.toml").write_text("", "utf-8")
    assert Strings.load(tmp_path).languages == {"he"}
    assert set(LANGUAGES) == {"ar", "ckb", "en", "fa", "he", "ur"}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "ar.toml").write_text("view = 3", "utf-8")
    with pytest.raises(StringsError, match=r"ar\.toml"):
        Strings.load(tmp_path)


def test_values_are_wrapped_one_by_one() -> None:
    said = STRINGS.voice("ar").compose("letters.digest.on_article", lambda piece: f"[{piece}]", article="x")
    assert said == "[عن «][x][»]"
