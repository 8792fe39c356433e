"""Proof of work: found by searching, checked by one hash, refused once anything of it is changed."""

from datetime import UTC, datetime

import pytest

from notifier.domain import puzzle
from notifier.domain.tokens import Signer

SIGNER = Signer(["tests-only-0123456789-abcdefghijklmnop"])
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_a_solved_puzzle_says_for_whom_how_hard_and_since_when() -> None:
    made = puzzle.make(SIGNER, 7, 300, NOW)
    number = puzzle.solve(made.salt, made.target, made.most)
    solved = puzzle.check(SIGNER, made.token, number)
    assert solved is not None
    assert (solved.site_id, solved.most, solved.made_at) == (7, 300, NOW.timestamp())
    assert puzzle.check(SIGNER, made.token, number + 1) is None


def test_every_flipped_bit_of_its_token_is_refused() -> None:
    made = puzzle.make(SIGNER, 7, 50, NOW)
    number = puzzle.solve(made.salt, made.target, made.most)
    for at, letter in enumerate(made.token):
        for bit in range(7):
            changed = made.token[:at] + chr(ord(letter) ^ (1 << bit)) + made.token[at + 1 :]
            assert puzzle.check(SIGNER, changed, number) is None, (at, bit)


def test_it_is_good_for_its_own_purpose_and_key_only() -> None:
    made = puzzle.make(SIGNER, 7, 50, NOW)
    number = puzzle.solve(made.salt, made.target, made.most)
    assert puzzle.check(Signer(["another-key-0123456789-abcdefghijklm"]), made.token, number) is None
    assert puzzle.check(SIGNER, SIGNER.seal("i", "x"), number) is None


def test_its_salt_and_number_fit_into_one_block_of_the_hash() -> None:
    """The widget hashes one block: at most 55 characters (FIPS 180-4, section 5.1.1)."""
    assert len(puzzle.make(SIGNER, 7, 50, NOW).salt) + puzzle.DIGITS_MAX <= 55


def test_an_unsolvable_one_is_an_error_not_an_endless_search() -> None:
    with pytest.raises(ValueError, match="no number"):
        puzzle.solve("a", "0" * 64, 10)
