"""The ramp of a new sender: few letters on the first day, more each day, until it may send all of them."""

from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Final

RESERVED: Final = 0.1
"""The part of a day's letters that is kept for confirmations and sign-in links, which somebody waits for."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """`first · times^(day / days)` letters a day, from 0 to `days`; none before it begins, no limit after its end."""

    begins: date
    first: int = 200
    times: float = 1000
    days: int = 41

    def cap(self, day: date) -> int | None:
        """Letters that may leave on a day (of UTC); None for as many as there are."""
        number = (day - self.begins).days
        if number > self.days:
            return None
        return 0 if number < 0 else floor(self.first * self.times ** (number / self.days) + 1e-6)

    def day_of(self, day: date) -> int:
        """The ramp's days so far, the first is 0."""
        return (day - self.begins).days


def reserve(cap: int) -> int:
    """How many of a day's letters are kept for the urgent lane."""
    return ceil(cap * RESERVED)


def left(cap: int, urgent: int, others: int, *, is_urgent: bool) -> int:
    """Letters that a lane may still send today, of which so many have left.

    What the urgent lane has used comes out of its reserve first; what it has not is kept for it.
    """
    if is_urgent:
        return max(0, cap - urgent - others)
    return max(0, cap - max(reserve(cap), urgent) - others)
