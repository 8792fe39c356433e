"""How much of its rate a group has while its server asks for less, after the model of Postfix's scheduler."""

from dataclasses import dataclass, replace
from typing import Final

from notifier.budget.grants import Heard

LIMIT: Final = 20.0
"""A window of this size is no window: the whole rate."""
START: Final = 5.0
COHORT_S: Final = 1.0
"""The answers of a second are one answer, however many workers brought them."""
BEARS: Final = 0.1
"""The part of a cohort that may ask for less and still be no reason to slow down further."""
FORGETS_PER_S: Final = 1 / 60
"""It grows with time alone: the smallest is gone after twenty minutes."""
TRICKLE_PER_S: Final = 0.1
"""However slow, a letter every ten seconds finds out whether that is still asked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A group's window as it was at `seen_at` (seconds of the budget's clock), and its present cohort of answers."""

    size: float
    seen_at: float
    since: float
    accepted: int = 0
    slowed: int = 0

    def at(self, now: float) -> "Window | None":
        """The window at this moment; None once it has grown to its limit."""
        size = self.size + max(0.0, now - self.seen_at) * FORGETS_PER_S
        return replace(self, size=size, seen_at=now) if size < LIMIT else None

    def judged(self, rate_per_s: float, now: float) -> "Window | None":
        """The window once its cohort is complete: half of it, or 1/N more for each accepted letter, one at most."""
        if self.slowed > BEARS * (self.accepted + self.slowed):
            least = min(LIMIT, LIMIT * TRICKLE_PER_S / rate_per_s)
            return Window(max(least, self.size / 2), now, now)
        size = self.size + min(1.0, self.accepted / max(1.0, self.size))
        return Window(size, now, now) if size < LIMIT else None


def slowed(rate_per_s: float, window: Window | None) -> float:
    """The rate under a window, never less than a trickle."""
    if window is None:
        return rate_per_s
    return max(rate_per_s * window.size / LIMIT, min(rate_per_s, TRICKLE_PER_S))


def after(window: Window | None, heard: Heard, rate_per_s: float, now: float) -> Window | None:
    """The window after the server spoke; None for none."""
    current = window.at(now) if window else None
    if current is None:
        return Window(START, now, now) if heard.slowed else None
    counted = replace(current, accepted=current.accepted + heard.accepted, slowed=current.slowed + heard.slowed)
    return counted.judged(rate_per_s, now) if now - counted.since >= COHORT_S else counted
