"""Promises about time on a machine that others may use: a fault of ours breaks them each time, a neighbour does not."""

from collections.abc import Callable
from time import process_time
from typing import Final

TRIES: Final = 3
WORK: Final = 40_000
WORK_S: Final = 0.023
"""What `_work` takes where the bounds in milliseconds were written; 27 ms where letters are made 1.2 times slower."""


def at_best(attempt: Callable[[], None]) -> None:
    """That it holds once in three times. Raises the AssertionError of the last."""
    for _ in range(TRIES - 1):
        try:
            attempt()
        except AssertionError:
            continue
        return
    attempt()


def slowness() -> float:
    """How many times slower this machine is just now than the one that a bound was written for; at least 1."""
    taken = []
    for _ in range(TRIES):
        began = process_time()
        _work()
        taken.append(process_time() - began)
    return max(1.0, min(taken) / WORK_S)


def _work() -> None:
    """Some of what Python does all day: calls, texts, a dictionary that outgrows the nearest cache."""
    seen: dict[str, int] = {}
    for number in range(WORK):
        word = f"{number % 997}:{number}"
        seen[word[:4]] = seen.get(word[:4], 0) + len(word)
