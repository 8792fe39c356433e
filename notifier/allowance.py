"""What a task may send today through an account that warms up, and what it gives back of that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notifier.domain.words import Lane
from notifier.parts import Parts


@dataclass(frozen=True, slots=True)
class Allowance:
    """One task's way to the day's letters; the urgent lane has a part of its own."""

    parts: Parts
    lane: Lane
    clock: Callable[[], datetime]

    def take(self, account: str) -> tuple[int, float]:
        """How many letters of a task's slice of time may leave today; for none, the seconds until asking again."""
        grant = self.parts.daily.take(account, portion(self.parts, account), self.clock(), is_urgent=self._is_urgent)
        return grant.count, grant.wait_s

    def give_back(self, account: str, count: int) -> None:
        """So many were granted and have not left."""
        self.parts.daily.give_back(account, count, self.clock(), is_urgent=self._is_urgent)

    @property
    def _is_urgent(self) -> bool:
        return self.lane is Lane.URGENT


def portion(parts: Parts, account: str) -> int:
    """Letters that a task claims for an account: as many as its slice of time has room for."""
    knobs = parts.settings
    return max(1, min(knobs.chunk_size, int(knobs.accounts[account].rate_per_s * knobs.task_slice_s)))
