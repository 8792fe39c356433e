"""Proof of work without a third party: a number that a browser must find, and that costs us one hash to check."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.domain.tokens import Signer

PURPOSE: Final = "puzzle"
DIGITS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Find the number from 0 to `most` for which SHA-256 of `salt` and its decimal digits is `target` (in hex).

    The scheme is ALTCHA's: the answer is hidden once, so the search ends for certain, after half of the numbers on
    average. `token` proves that the puzzle is ours and says for which site, how hard, and since when.
    """

    salt: str
    target: str
    most: int
    token: str


@dataclass(frozen=True, slots=True)
class Solved:
    """What an answered puzzle proves."""

    site_id: int
    most: int
    made_at: float
    """Seconds since the epoch."""


def make(signer: Signer, site_id: int, most: int, now: datetime) -> Puzzle:
    """A fresh puzzle; nothing is kept of it here."""
    salt = secrets.token_hex(12)
    target = _hash(salt, secrets.randbelow(most + 1))
    told = f"{salt} {target} {site_id} {most} {now.timestamp():.3f}"
    return Puzzle(salt, target, most, signer.seal(PURPOSE, told))


def check(signer: Signer, token: str, number: int) -> Solved | None:
    """What this answer proves; None for a wrong number, or a puzzle that is not ours.

    Whether it is fresh, and used for the first time, is for the caller to see.
    """
    told = signer.open(PURPOSE, token)
    if told is None:
        return None
    salt, target, site_id, most, made_at = told.split(" ")
    if not hmac.compare_digest(_hash(salt, number), target):
        return None
    return Solved(int(site_id), int(most), float(made_at))


def solve(salt: str, target: str, most: int) -> int:
    """Find the number, as the widget does in a browser. Raises ValueError where there is none."""
    for number in range(most + 1):
        if _hash(salt, number) == target:
            return number
    raise ValueError("no number fits")


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
