"""Digits and calendar in a language's tag."""

import pytest

from notifier.domain.schedule import Hours, last_slot, previous_slot
from notifier.domain.text.spoken import Spoken
from notifier.domain.words import Calendar, Digits, Frequency
from tests.world import NOON


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        ("ar", Spoken("ar")),
        ("ar-IQ", Spoken("ar-IQ")),
        ("fa-u-ca-persian-nu-latn", Spoken("fa", Digits.LATN, Calendar.LOCALE)),
        ("ckb-u-ca-gregory", Spoken("ckb", None, Calendar.GREGORIAN)),
        ("ar-u-nu-arabext", Spoken("ar", Digits.ARABEXT)),
    ],
)
def test_a_tag_is_read_and_written_back(tag: str, spoken: Spoken) -> None:
    assert Spoken.read(tag) == spoken
    assert spoken.tag == tag


@pytest.mark.parametrize("tag", ["ar-u-nu-roman", "ar-u-nu", "ar-u-", "ar-u-co-phonebk"])
def test_what_is_not_offered_is_left_out(tag: str) -> None:
    assert Spoken.read(tag).tag == "ar"


def test_equal_wishes_are_equal_strings() -> None:
    assert Spoken.read("ar-u-nu-latn-ca-islamic").tag == "ar-u-ca-islamic-nu-latn"


def test_the_daily_slots_of_chosen_days_are_those_days_alone() -> None:
    friday_only = Hours("Asia/Baghdad", 8, 5, 1 << 4)
    slot = last_slot(Frequency.DAILY, friday_only, NOON)
    assert slot.isoformat() == "2026-11-20T05:00:00+00:00"
    assert previous_slot(Frequency.DAILY, friday_only, slot).isoformat() == "2026-11-13T05:00:00+00:00"
    assert last_slot(Frequency.WEEKLY, friday_only, NOON).weekday() == 5
