"""How much of its rate a group has while its server asks for less: Postfix's scheduler, by the letter and the second."""

from dataclasses import dataclass
from typing import Final

from notifier.budget.grants import Heard

LIMIT: Final = 20.0
"""A window of this size is no window: the whole rate."""
START: Final = 5.0
WEIGHT: Final = 9
"""A reply that asks for less weighs as much as so many accepted letters: one in ten keeps the window as it is."""
GROWS_PER_S: Final = 1.0
"""The most it grows by accepted letters: those of one second are one answer."""
FORGETS_PER_S: Final = 1 / 60
"""It grows with time alone: the smallest is gone after twenty minutes."""
TRICKLE_PER_S: Final = 0.1
"""However slow, a letter every ten seconds finds out whether that is still asked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A group's window as it was at `seen_at` (seconds of the budget's clock)."""

    size: float
    seen_at: float
    lowered_at: float
    floor: float
    """Within a second of `lowered_at` it falls no further: half of what it was."""

    def at(self, now: float) -> "Window | None":
        """The window at this moment; None once it has grown to its limit."""
        size = self.size + max(0.0, now - self.seen_at) * FORGETS_PER_S
        return Window(size, now, self.lowered_at, self.floor) if size < LIMIT else None


def slowed(rate_per_s: float, window: Window | None) -> float:
    """The rate under a window, never less than a trickle."""
    if window is None:
        return rate_per_s
    return max(rate_per_s * window.size / LIMIT, min(rate_per_s, TRICKLE_PER_S))


def after(window: Window | None, heard: Heard, rate_per_s: float, now: float) -> Window | None:
    """The window after the server spoke; None for none."""
    current = window.at(now) if window else None
    if current is None or window is None:
        return Window(START, now, now, START / 2) if heard.slowed else None
    change = (heard.accepted - WEIGHT * heard.slowed) / max(1.0, current.size)
    if change >= 0:
        grown = current.size + min(change, max(0.0, now - window.seen_at) * GROWS_PER_S)
        return Window(grown, now, current.lowered_at, current.floor) if grown < LIMIT else None
    lowered_at, floor = current.lowered_at, current.floor
    if now - lowered_at >= 1:
        lowered_at, floor = now, current.size / 2
    least = min(LIMIT, LIMIT * TRICKLE_PER_S / rate_per_s)
    return Window(max(floor, least, current.size + change), now, lowered_at, floor)
