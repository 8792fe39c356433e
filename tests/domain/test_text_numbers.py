"""Digits: one set of digits, with the separators that go with them."""

import pytest

from notifier.domain.text.digits import digit_system, number
from notifier.domain.words import Digits


@pytest.mark.parametrize(
    ("policy", "language", "system"),
    [
        (Digits.LOCALE, "ar", "arab"),
        (Digits.LOCALE, "fa", "arabext"),
        (Digits.LOCALE, "en", "latn"),
        (Digits.LOCALE, "he", "latn"),
        (Digits.LOCALE, "ckb", "arab"),
        (Digits.LATN, "ar", "latn"),
        (Digits.LOCALE, "ur", "latn"),
        (Digits.LOCALE, "ar-MA", "latn"),
        (Digits.LOCALE, "ar-EG", "arab"),
        (Digits.ARABEXT, "ur", "arabext"),
        (Digits.ARAB, "he", "latn"),
        (Digits.ARABEXT, "en-GB", "latn"),
    ],
)
def test_the_policy_chooses_the_digits(policy: Digits, language: str, system: str) -> None:
    assert digit_system(policy, language) == system


def test_separators_go_with_the_digits() -> None:
    assert number(1234567, "arab") == "١٬٢٣٤٬٥٦٧"
    assert number(4.6, "arabext") == "۴٫۶"
    assert number(1234.5, "latn") == "1,234.5"
    assert number(4.0, "arab") == "٤"


@pytest.mark.parametrize(("system", "marks"), [("latn", ",."), ("arab", "٬٫"), ("arabext", "٬٫")])
def test_separators_are_never_mixed(system: str, marks: str) -> None:
    for value in (0, 7, 999, 1000, 12_345_678, 0.5, 1234.5, 99_999.9):
        written = number(value, system)
        assert not set(written) & (set(",.٬٫") - set(marks)), written
        assert len({character.isascii() for character in written}) == 1, written
