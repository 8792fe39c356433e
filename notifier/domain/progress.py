"""How far a send has come, how fast it goes, and when it will be over."""

from collections import deque
from dataclasses import dataclass
from typing import Final

OVER_S: Final = 10.0
"""The rate is that of the last so many seconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a progress bar shows."""

    done: int
    planned: int
    rate_per_s: float = 0.0
    left_s: float | None = None
    """Seconds until the last letter is done, at this rate; None where nothing moves."""

    @property
    def is_over(self) -> bool:
        """Whether every letter is done."""
        return self.done >= self.planned


class Pace:
    """Watches a count grow."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def saw(self, at_s: float, done: int, planned: int) -> Progress:
        """What so many letters done at this moment say, after what was seen before."""
        self._seen.append((at_s, done))
        while len(self._seen) > 2 and at_s - self._seen[1][0] >= OVER_S:  # noqa: PLR2004 - a rate is of two points
            self._seen.popleft()
        (began_s, before), left = self._seen[0], planned - done
        rate = max(0.0, (done - before) / (at_s - began_s)) if at_s > began_s else 0.0
        return Progress(done, planned, rate, left / rate if rate and left > 0 else None)
