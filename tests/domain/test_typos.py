"""Mistyped domains: the big one that was meant, and nothing for one that may well be right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.typos import BIG, meant, slips


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((one, "gmail.com") for one in ("gmial.com", "gamil.com", "gmil.com", "gmail.co", "gmail.con", "gnail.com")),
        *((one, "hotmail.com") for one in ("hotmial.com", "hotmai.com", "hotnail.com", "hotmaill.con")),
        *((one, "yahoo.com") for one in ("yaho.com", "yahooo.com", "uahoo.com", "yahoo.con")),
        *((one, "outlook.com") for one in ("outlok.com", "outloook.com", "outlool.com", "oulook.con")),
        ("iclod.com", "icloud.com"),
        ("wala.co.il", "walla.co.il"),
        ("yandex.tu", "yandex.ru"),
    ],
)
def test_a_slip_finds_the_domain_that_was_meant(typed: str, found: str) -> None:
    assert meant(typed) == found


@pytest.mark.parametrize(
    "typed",
    [
        *BIG,
        "mail.de",
        "email.com",
        "own.iq",
        "daily.iq",
        "example.org",
        "gov.iq",
        "rafidain.example",
        "aon.at",
        "yahoo.ca",
    ],
)
def test_a_domain_that_may_be_right_is_left_alone(typed: str) -> None:
    assert meant(typed) is None


@given(st.text("abcd", max_size=8), st.text("abcd", max_size=8))
def test_slips_are_counted_the_same_both_ways(one: str, other: str) -> None:
    count = slips(one, other)
    assert count == slips(other, one)
    assert (count == 0) == (one == other)
    assert abs(len(one) - len(other)) <= count <= max(len(one), len(other))


def test_two_letters_changing_places_are_one_slip() -> None:
    assert (slips("gmial", "gmail"), slips("gmil", "gmail"), slips("gmaail", "gmail"), slips("gnail", "gmail")) == (
        *(1, 1, 1, 1),
    )
