"""Every finding is said in every language, exactly."""

import re
from copy import deepcopy

import pytest

from notifier.doctor.words import AREA, Said, in_words, said, strings

LANGUAGES = ["ar", "ckb", "en", "fa", "he", "ur"]


def names(form: object) -> set[str]:
    return set(re.findall(r"\{([a-z]+)\}", str(form)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_stands_in_every_language_with_its_values(language: str) -> None:
    assert strings().keys(language) == strings().keys("en")
    for key in strings().keys("en"):
        assert names(strings().form(language, key)) == names(strings().form("en", key)), key
        assert strings().form(language, key)


def test_a_sentence_within_a_sentence_is_said_in_the_same_language() -> None:
    told = said("spf_told", record="v=spf1 -all", lookups=1, most=10)
    whole = said("spf_gets", told=told, ip="192.0.2.7", result="fail")
    assert whole == "v=spf1 -all (1 of 10 lookups); 192.0.2.7 gets fail"
    assert in_words(whole, strings().voice("ar")) == "v=spf1 -all (استعلامات: 1 من 10)؛ نتيجة 192.0.2.7 هي fail"
    isolated = in_words(whole, strings().voice("ar"), ("\u2068", "\u2069"))
    assert "\u2068192.0.2.7\u2069" in isolated


def test_a_servers_own_words_stay_as_they_are() -> None:
    assert in_words("550 no such user", strings().voice("he")) == "550 no such user"


def test_a_sentence_survives_a_copy() -> None:
    copied = deepcopy(said("no_answer", fault="TimeoutError"))
    assert isinstance(copied, Said)
    assert (copied.key, copied.values) == ("no_answer", {"fault": "TimeoutError"})


def test_the_english_is_no_other_languages() -> None:
    for language in set(LANGUAGES) - {"en"}:
        same = [key for key in strings().keys("en") if strings().form(language, key) == strings().form("en", key)]
        assert same == [], f"{AREA} in {language}"
