"""What refusals mean: a table written after what the providers publish, and what may never be held against a reader."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.returns.classify import classify
from notifier.domain.returns.words import Blame, BounceClass

TABLE = Path(__file__).parents[2] / "data" / "bounces.txt"
ROWS = [
    tuple(part.strip() for part in line.split(" | ", 2))
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PRECISE_LEAST = 0.97


def test_at_least_97_of_100_texts_are_judged_as_they_are_meant() -> None:
    assert len(ROWS) >= 150
    wrong = [row for row in ROWS if classify(row[2]).why != row[0]]
    assert len(wrong) <= len(ROWS) * (1 - PRECISE_LEAST), wrong


def test_the_table_has_every_class() -> None:
    assert set(Counter(row[0] for row in ROWS)) == {one.value for one in BounceClass}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2][:40])
def test_no_text_about_the_sender_is_held_against_the_reader(row: tuple[str, str, str]) -> None:
    if row[0] in {"policy", "relay", "content", "too_big", "auto_reply"}:
        assert classify(row[2]).blame is not Blame.ADDRESS


def test_no_5_7_x_is_held_against_a_reader_whatever_is_said_beside_it() -> None:
    for detail in range(1000):
        said = ROWS[detail % len(ROWS)][2]
        for text, status in ((f"550 5.7.{detail} {said}", ""), (said, f"5.7.{detail}")):
            assert classify(text, status).blame is not Blame.ADDRESS, (text, status)


@settings(max_examples=50)
@given(st.integers(0, 999), st.text(max_size=60), st.sampled_from(ROWS))
def test_no_5_7_x_is_held_against_a_reader_wherever_it_stands(
    detail: int, noise: str, row: tuple[str, str, str]
) -> None:
    assert classify(f"{row[2]} {noise} (#5.7.{detail})").blame is not Blame.ADDRESS


@pytest.mark.parametrize(
    ("text", "status", "why", "is_final"),
    [
        ("", "5.1.1", BounceClass.BAD_ADDRESS, True),
        ("", "5.2.1", BounceClass.INACTIVE, True),
        ("", "5.2.2", BounceClass.FULL, True),
        ("", "4.2.2", BounceClass.FULL, False),
        ("", "4.4.7", BounceClass.TEMPORARY, False),
        ("", "5.3.4", BounceClass.TOO_BIG, True),
        ("", "5.6.1", BounceClass.CONTENT, True),
        ("", "5.0.0", BounceClass.UNKNOWN, True),
        ("421", "", BounceClass.TEMPORARY, False),
        ("450 4.1.1 user unknown", "", BounceClass.TEMPORARY, False),
        ("550 5.1.1 unknown", "5.0.0", BounceClass.BAD_ADDRESS, True),
        ("10.5.1.1 version 5.1.1.2 said no", "", BounceClass.UNKNOWN, True),
    ],
)
def test_where_words_are_silent_the_status_tells(text: str, status: str, why: BounceClass, is_final: bool) -> None:  # noqa: FBT001 - a column of the table
    found = classify(text, status)
    assert (found.why, found.is_final) == (why, is_final)


def test_a_text_without_end_costs_little() -> None:
    assert classify("5" * 100_000 + "user " * 100_000).why is BounceClass.UNKNOWN


@pytest.mark.parametrize("local", ["helou", "dr.helo", "sandbox", "spamhaus", "reputation", "mailbox.full"])
def test_what_somebody_is_called_is_no_reason(local: str) -> None:
    verdict = classify(f"550 5.1.1 <{local}@barracuda.example>: Recipient address rejected: User unknown")
    assert verdict.why is BounceClass.BAD_ADDRESS
