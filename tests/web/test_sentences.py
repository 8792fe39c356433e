"""What pages say: the same things in every language, and in the language asked for."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from notifier import settings
from notifier.web import problems
from notifier.web.sentences import Sentences

STRINGS = settings.templates_dir() / "strings"
TABLES = {
    path.stem: {key: text for key, text in pages.items() if isinstance(text, str)}
    for path in STRINGS.glob("*.toml")
    if (pages := tomllib.loads(path.read_text("utf-8")).get("pages"))
}


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", sorted(TABLES))
def test_every_language_says_the_same_things_with_the_same_places(language: str) -> None:
    own, english = TABLES[language], TABLES["en"]
    assert own.keys() == english.keys()
    assert [key for key in own if places(own[key]) != places(english[key])] == []


def test_every_sentence_that_a_template_or_the_code_names_is_there() -> None:
    templates = "".join(path.read_text("utf-8") for path in (STRINGS.parent / "pages").glob("[!i]*.html"))
    code = "".join(path.read_text("utf-8") for path in Path(problems.__file__).parent.glob("*.py"))
    named = set(re.findall(r'(?:say|plain)\("(\w+)"', templates)) | set(re.findall(r'"(error_\w+)"', code))
    assert named
    known = TABLES["en"].keys()
    assert {name for name in named if not any(key.startswith(name) for key in known)} == set()
    assert {name for name in named if not name.endswith("_")} - known == set()


def test_a_sentence_holds_letters_of_its_language() -> None:
    for language in ("ar", "ckb", "fa", "ur"):
        assert [key for key, text in TABLES[language].items() if not re.search("[؀-ۿ]", text)] == []
    assert [key for key, text in TABLES["he"].items() if not re.search("[א-ת]", text)] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ar", "ar"),
        ("ar-EG,en;q=0.9", "ar"),
        ("en;q=0.5, fa;q=0.9", "fa"),
        ("ckb-IQ, ar;q=0.9", "ckb"),
        ("he-IL,he;q=0.9", "he"),
        ("ur-PK", "ur"),
        ("ar;q=0, en", "en"),
        ("de, tlh", "en"),
        ("", "en"),
        ("*", "en"),
        ("ar;q=" + "9" * 400, "ar"),
        (",;q=x," * 500, "en"),
    ],
)
def test_a_browser_gets_the_best_language_it_accepts(header: str, language: str) -> None:
    assert Sentences(STRINGS).accepted(header) == language


def test_a_value_is_escaped_and_keeps_its_direction() -> None:
    text = Sentences(STRINGS).html("ar", "subscribe_title", site="<b>{x} Ledger")
    assert text == "الاشتراك في رسائل <bdi>&lt;b&gt;{x} Ledger</bdi>"
