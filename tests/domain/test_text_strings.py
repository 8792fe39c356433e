"""Sentences: the same keys in every language, the plural forms of each, and no silent gap."""

import re
from pathlib import Path
from string import Formatter

import pytest

from notifier.domain.text.locales import LANGUAGES, plural_categories
from notifier.domain.text.strings import Strings, StringsError
from notifier.domain.words import Digits
from notifier.settings import templates_dir

STRINGS = Strings.load(templates_dir() / "strings")


def test_every_language_has_the_same_keys() -> None:
    assert STRINGS.languages == LANGUAGES.keys()
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


FORMS = {
    "zero": [0],
    "one": [1],
    "two": [2],
    "few": [3, 10, 103],
    "many": [11, 99, 111],
    "other": [100, 101, 102],
}


@pytest.mark.parametrize("key", sorted(key for key in STRINGS.keys("ar") if isinstance(STRINGS.form("ar", key), dict)))
def test_arabic_counts_choose_the_form_that_grammar_asks_for(key: str) -> None:
    form = STRINGS.form("ar", key)
    assert isinstance(form, dict)
    values = {name: "x" for name in places(form) if name != "count"}
    for category, counts in FORMS.items():
        for count in counts:
            given = STRINGS.voice("ar", Digits.LATN).say(key, count=count, **values)
            assert given == form[category].format(count=count, **values)
    # After 3 to 10 the noun is plural, after 11 to 99 and after whole hundreds singular.
    assert form["few"] not in {form["many"], form["other"]}
    assert all("{count}" not in form[category] for category in ("zero", "one", "two"))


@pytest.mark.parametrize(
    ("language", "key", "expected"),
    [
        ("he", "letters.counts.comments", {0: "0 תגובות", 1: "תגובה אחת", 2: "שתי תגובות", 11: "11 תגובות"}),
        ("he", "letters.counts.minutes", {1: "דקת קריאה", 2: "שתי דקות קריאה", 20: "20 דקות קריאה"}),
        ("ur", "letters.counts.comments", {0: "0 تبصرے", 1: "1 تبصرہ", 2: "2 تبصرے", 1234: "1,234 تبصرے"}),
        ("ckb", "letters.counts.comments", {0: "٠ کۆمێنت", 1: "١ کۆمێنت", 1234: "١٬٢٣٤ کۆمێنت"}),
        ("fa", "letters.counts.comments", {0: "۰ دیدگاه", 1: "۱ دیدگاه", 2: "۲ دیدگاه"}),
        ("en", "letters.counts.comments", {0: "0 comments", 1: "1 comment", 2: "2 comments"}),
        ("ar", "letters.counts.minutes", {1: "يُقرأ في دقيقة", 2: "يُقرأ في دقيقتين", 3: "يُقرأ في ٣ دقائق"}),
        ("ar", "letters.magic-link.minutes", {15: "الرابط صالح لمدة ١٥ دقيقة، ولمرة واحدة."}),
    ],
)
def test_other_languages_count_in_their_own_way(language: str, key: str, expected: dict[int, str]) -> None:
    assert {count: STRINGS.say(language, key, count=count) for count in expected} == expected


# Letters that look alike and belong to a neighbour: ي and ك are Arabic, ی and ک are not; ه is no letter of Urdu.
FOREIGN = {
    "ar": "یکگپچژہھەۆێڕڵ",
    "ckb": "يكةىھہطظضصثذ",
    "fa": "يكةىہھەۆێ",
    "he": "يیكک",
    "ur": "يكةىهەۆێ",
}
STOPS = {"ar": ",;?", "ckb": ",;?", "fa": ",;?", "he": "،؛؟۔", "ur": ",;?", "en": "،؛؟۔"}


def texts(language: str) -> list[tuple[str, str]]:
    forms = {key: STRINGS.form(language, key) for key in STRINGS.keys(language)}
    return [
        (key, text) for key, form in forms.items() for text in (form.values() if isinstance(form, dict) else [form])
    ]


@pytest.mark.parametrize("language", sorted(FOREIGN))
def test_a_language_is_written_in_its_own_letters(language: str) -> None:
    assert [(key, text) for key, text in texts(language) if set(text) & set(FOREIGN[language])] == []


@pytest.mark.parametrize("language", sorted(STOPS))
def test_a_language_has_its_own_stops(language: str) -> None:
    stops = re.compile(rf"\w[{re.escape(STOPS[language])}](?!\w)")
    assert [(key, text) for key, text in texts(language) if stops.search(text) and "HTTP" not in text] == []
    if language == "ur":
        assert [(key, text) for key, text in texts(language) if re.search(r"[؀-ۿ]\.(?!\w)", text)] == []


def test_persian_joins_its_prefixes_without_a_space() -> None:
    loose = re.compile(r"(?<!\w)ن?می (?=\w)|(?<=\w) (?:ها|های|هایی|هایتان)(?!\w)")
    assert [(key, text) for key, text in texts("fa") if loose.search(text)] == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_sentence_is_empty_or_has_loose_space(language: str) -> None:
    spaced = {"common.comma", "common.colon", "pages.inbox.comma"}
    for key, text in texts(language):
        assert key in spaced or text == " ".join(text.split()), key
        assert text or key == "pages.inbox.more_recipients", key


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
