"""The balance: every letter that was planned stands in exactly one state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from notifier.domain.words import Reason, State


@dataclass(frozen=True, slots=True)
class Balance:
    """`planned = queued + sending + sent + failed + dropped + expired`, at any moment."""

    planned: int
    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    dropped: int = 0
    expired: int = 0

    @property
    def is_balanced(self) -> bool:
        """Whether every letter that was planned stands in exactly one state."""
        return self.off == 0

    @property
    def off(self) -> int:
        """How many letters were planned and are nowhere; below zero for more letters than were planned."""
        return self.planned - self.open - self.done

    @property
    def open(self) -> int:
        """Letters that still will go out or end with a reason."""
        return self.queued + self.sending

    @property
    def done(self) -> int:
        """Letters that went out or ended with a reason."""
        return self.sent + self.failed + self.dropped + self.expired


Ended = Mapping[tuple[State, Reason | None], int]
"""How many letters ended in a state, by their reason; letters that were sent have none."""


@dataclass(frozen=True, slots=True)
class Page:
    """The balance of one run, of one alert or of many of them, and why letters of it did not go out."""

    balance: Balance
    ended: Ended

    @classmethod
    def of(cls, planned: int, open_: Mapping[State, int], ended: Ended) -> Self:
        """Bring together what was counted."""
        counts = {state: open_.get(state, 0) for state in (State.QUEUED, State.SENDING)}
        for (state, _), count in ended.items():
            counts[state] = counts.get(state, 0) + count
        return cls(Balance(planned, **{state.value: count for state, count in counts.items()}), ended)

    @property
    def reasons(self) -> dict[str, int]:
        """How many letters ended with each `state: reason`."""
        return {f"{state}: {reason}": count for (state, reason), count in self.ended.items() if reason}
