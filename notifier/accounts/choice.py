"""The account for a task's slice of time."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from notifier.accounts.breaker import Breaker, State

HALT_LOOK_S: Final = 60.0
"""Seconds until letters look again whether a halted account is open."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The account's name or, when none may be tried, None and the seconds until one may."""

    name: str | None
    wait_s: float = 0.0
    most: int | None = None
    """Letters that it takes now; None where nobody asked."""
    is_full: bool = False
    """Whether one could be reached, but has sent its letters of the day."""


class Allowance(Protocol):
    """What each account may still send today."""

    def take(self, account: str) -> tuple[int, float]:
        """How many letters now; for none, the seconds until it is worth asking again."""
        ...

    def give_back(self, account: str, count: int) -> None:
        """So many will not leave."""
        ...


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts by name with their weights, and what is known of their servers."""

    weights: Mapping[str, float]
    breaker: Breaker
    dice: Callable[[], float]
    """A number in [0, 1)."""

    def choose(self, allowance: Allowance | None = None, halted: Collection[str] = ()) -> Choice:
        """One that may be tried, is not halted and has letters left today, each as often as its weight says.

        What is over of `most` is to be given back. Whoever gets an account whose breaker was open is the one who finds
        out: tell the breaker how it went.
        """
        waits: list[float] = []
        is_full = False
        for name in self._drawn():
            if name in halted:
                waits.append(HALT_LOOK_S)
                continue
            # Before the breaker: who has nothing to send must not be the one who tries an account out.
            most, wait = allowance.take(name) if allowance else (None, 0.0)
            is_full = is_full or most == 0
            if most != 0 and (wait := self.breaker.wait_s(name)) <= 0:
                return Choice(name, most=most)
            if allowance and most:
                allowance.give_back(name, most)
            waits.append(wait)
        return Choice(None, min(waits), is_full=is_full)

    def states(self) -> dict[str, State]:
        """How each account is, for whoever looks on: it tries nothing."""
        return {name: self.breaker.state(name) for name in self.weights}

    def _drawn(self) -> Iterator[str]:
        left = dict(self.weights)
        while left:
            name = _at(left, self.dice() * sum(left.values()))
            del left[name]
            yield name


def _at(weights: Mapping[str, float], place: float) -> str:
    for name, weight in weights.items():
        if place < weight:
            return name
        place -= weight
    return next(reversed(list(weights)))  # What rounding leaves over is the last one's.
