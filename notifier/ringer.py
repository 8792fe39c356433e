"""A bell that rings from a thread of its own: whoever asked does not wait for the broker, and crowds ring as one."""

import threading
from collections.abc import Iterator, Sequence
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Final

from notifier.queue import Bell, Nudge, Task

TOGETHER: Final = 50
"""Sign-ups in one nudge: their worker answers them one after the other."""
LAST_S: Final = 5.0


class Ringer:
    """For web processes. Safe for threads; its own begins with the first ring, so that a fork takes none along."""

    def __init__(self, ring: Bell) -> None:
        self._ring = ring
        self._waiting: SimpleQueue[Sequence[Nudge] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def __call__(self, nudges: Sequence[Nudge]) -> None:
        """Ring these in a moment."""
        if not nudges:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
                self._thread.start()
        self._waiting.put(tuple(nudges))

    def close(self) -> None:
        """Ring what waits, and end; the sweep makes up for what a broker does not take within seconds."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(LAST_S)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            nudges, is_last = [*first], False
            for more in self._at_hand():
                is_last = more is None
                nudges += more or ()
            self._ring(list(together(nudges)))
            if is_last:
                return

    def _at_hand(self) -> Iterator[Sequence[Nudge] | None]:
        while True:
            try:
                more = self._waiting.get_nowait()
            except Empty:
                return
            yield more
            if more is None:
                return


def together(nudges: Sequence[Nudge]) -> Iterator[Nudge]:
    """The same, with neighbouring sign-ups as one nudge of at most TOGETHER ids."""
    for task, some in groupby(nudges, key=lambda one: one.task):
        if task is not Task.SIGN_UP:
            yield from some
            continue
        several = list(some)
        for n in range(0, len(several), TOGETHER):
            part = several[n : n + TOGETHER]
            yield Nudge(task, tuple(arg for one in part for arg in one.args), part[0].lane)
