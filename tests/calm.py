"""Promises about time on a machine that others may use: a fault of ours breaks them each time, a neighbour does not."""

from collections.abc import Callable
from typing import Final

TRIES: Final = 3


def at_best(attempt: Callable[[], None]) -> None:
    """That it holds once in three times. Raises the AssertionError of the last."""
    for _ in range(TRIES - 1):
        try:
            attempt()
        except AssertionError:
            continue
        return
    attempt()
