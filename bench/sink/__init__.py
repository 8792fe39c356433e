"""A mail server that keeps only counts, misbehaves when told to, and is fast: a process of its own, on loopback."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

from bench.sink.faults import Fault
from notifier.embedded.orphan import die_with_parent

__all__ = ["Fault", "Sink"]

STOP_S = 5.0


class Sink:
    """The sink as seen by whoever started it; it ends with the block, and when its starter dies.

    Start it from a thread that lives on. A letter counts once its 250 was handed to the socket.
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.sink"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is its starter's to answer.
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - looked up before the fork, no locks in it
        )
        self.port = int(self._answer()["port"])

    def letters(self) -> int:
        """How many letters came so far."""
        return int(self._ask("count")["letters"])

    def connections(self) -> int:
        """How many connections are open at this moment."""
        return int(self._ask("count")["connections"])

    def report(self) -> dict[str, Any]:
        """`letters`, `recipients` (different ones), `bytes`, and `first_at` and `last_at` (as `time.time` has it).

        Also `struck`: how often each fault did.
        """
        return self._ask("report")

    def recipients(self) -> dict[str, int]:
        """Recipient -> how many letters came for it."""
        return dict(self._ask("recipients")["recipients"])

    def times(self) -> dict[str, float]:
        """Recipient -> when its first letter was taken, for those that `watch` named."""
        return dict(self._ask("times")["times"])

    def watch(self, suffix: str) -> None:
        """From now on note the time for each recipient that ends so."""
        self._ask("watch", suffix=suffix)

    def misbehave(self, faults: Sequence[Fault], seed: int = 0, hang_s: float = 0.0) -> None:
        """From now on do this; with no faults, behave. `hang_s` is how long a hanging answer waits."""
        self._ask("faults", faults=[asdict(fault) for fault in faults], seed=seed, hang_s=hang_s)

    def delay(self, rtt_ms: float) -> None:
        """From now on every answer takes so long, as over a link with this round trip."""
        self._ask("delay", rtt_ms=rtt_ms)

    def forget(self) -> None:
        """Begin counting again at nothing."""
        self._ask("forget")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        with contextlib.suppress(OSError):
            self.process.communicate(timeout=STOP_S)
        self.process.kill()
        self.process.wait()

    def _ask(self, what: str, **more: object) -> dict[str, Any]:
        pipe = self.process.stdin
        if pipe is None:
            raise RuntimeError("the sink has no ear")
        pipe.write(json.dumps({"ask": what, **more}) + "\n")
        pipe.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError("the sink has ended")
        return dict(json.loads(line))
