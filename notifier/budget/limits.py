"""How fast an account may be, and how finely its ration is cut."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PEAK: Final = 1.01
"""While lost time is made up for, no second is faster than this, plus what may leave at once."""
FAST_PER_S: Final = 1000
"""From here on the cost of asking counts for more than the evenness of a second."""


@dataclass(frozen=True, slots=True)
class Limit:
    """An account's letters a second, and those of its groups that have a limit of their own.

    `burst`: letters that may leave at once after a quiet time; 0 keeps every second within 5 % of the rate.
    """

    rate_per_s: float = 50.0
    burst: float = 0.0
    groups: Mapping[str, float] = field(default_factory=dict)

    @property
    def held(self) -> float:
        """Letters the bucket holds: what the workers missed together is made up for, up to a twentieth of a second."""
        return max(1.0, self.burst) if self.burst else spare(self.rate_per_s)

    @property
    def peak(self) -> float:
        """Letters that may leave at once: a portion, and room for who comes late to fetch it."""
        if self.burst:
            return 2 * self.held  # Whoever asks for a burst does not mind an uneven second: this never binds.
        return max(float(portion(self.rate_per_s)), 1 + min(1.0, self.rate_per_s / 50), 1 + self.rate_per_s / 100)

    @property
    def worth(self) -> int:
        """Letters that are worth a question: who must wait waits for so many."""
        return max(1, min(portion(self.rate_per_s), int(self.held)) // 2)

    @property
    def lasts_s(self) -> int:
        """Seconds an unused bucket is kept: until it would be full anyway, and an hour."""
        return int(self.held / self.rate_per_s) + 3600

    def of_group(self, group: str) -> float:
        """The group's letters a second while nobody asked for fewer."""
        return min(self.groups.get(group, self.rate_per_s), self.rate_per_s)

    def slower(self, parts: int) -> "Limit":
        """One of so many parts of it."""
        groups = {group: rate / parts for group, rate in self.groups.items()}
        return Limit(self.rate_per_s / parts, max(1.0, self.burst / parts) if self.burst else 0.0, groups)


def spare(rate_per_s: float) -> float:
    """What a bucket of this rate holds: one letter, and a twentieth of a second's."""
    return 1 + rate_per_s / 20


def portion(rate_per_s: float) -> int:
    """How many letters to ask for at once.

    A hundredth of a second's and one more, so that several workers together stay within 5 % of the rate in any
    second; of fast accounts a fiftieth, so that asking costs little for each letter.
    """
    if rate_per_s < FAST_PER_S:
        return 1 + int(rate_per_s / 100)
    return int(rate_per_s / 50)
