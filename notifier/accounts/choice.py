"""The account for a task's slice of time."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from notifier.accounts.breaker import Breaker, State

HALT_LOOK_S: Final = 60.0
"""Seconds until letters look again whether a halted account is open."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The account's name or, when none may be tried, None and the seconds until one may."""

    name: str | None
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts by name with their weights, and what is known of their servers."""

    weights: Mapping[str, float]
    breaker: Breaker
    dice: Callable[[], float]
    """A number in [0, 1)."""

    def choose(self, halted: Collection[str] = ()) -> Choice:
        """One that may be tried and is not halted, each as often as its weight says.

        Whoever gets an account whose breaker was open is the one who finds out: tell the breaker how it went.
        """
        waits: list[float] = []
        for name in self._drawn():
            if name in halted:
                waits.append(HALT_LOOK_S)
                continue
            wait = self.breaker.wait_s(name)
            if wait <= 0:
                return Choice(name)
            waits.append(wait)
        return Choice(None, min(waits))

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
