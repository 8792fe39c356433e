"""Starts the stand-in's workers and beat as real processes, and waits on conditions."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from notifier.embedded.orphan import die_with_parent
from notifier.processes import beat_argv, worker_argv

ROOT = Path(__file__).parents[2]
STAND_IN = "tests.workers.stand_in"
PATIENCE_S = 20.0


def until(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until it holds; fail with `what` when it does not in time."""
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, f"not within {patience_s} s: {what}"
        time.sleep(0.02)


@dataclass
class Crew:
    """Processes of one test, over one folder and one broker."""

    folder: Path
    redis_url: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def stamp(self) -> Path:
        return self.folder / "stamp"

    @property
    def notes(self) -> list[str]:
        file = self.folder / "notes"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def worker(self, concurrency: int = 1, **knobs: str) -> subprocess.Popen[bytes]:
        """A worker whose event loop is running."""
        self.stamp.unlink(missing_ok=True)
        process = self._start(worker_argv(concurrency, app=STAND_IN), knobs)
        until(self.stamp.exists, "worker started")
        return process

    def beat(self, **knobs: str) -> subprocess.Popen[bytes]:
        return self._start(beat_argv(app=STAND_IN), knobs)

    def wait_note(self, beginning: str, count: int = 1) -> list[str]:
        """The notes that begin so, once there are `count` of them."""
        until(lambda: len(self._noted(beginning)) >= count, f"{count} × {beginning}; notes {self.notes}\n{self.log}")
        return self._noted(beginning)

    def let_go(self) -> None:
        """Let `deliver` finish."""
        (self.folder / "go").touch()

    def end(self) -> None:
        """Kill what is left, children first known."""
        for process in self.processes:
            if process.poll() is None:
                family = [*children(process), psutil.Process(process.pid)]
                for one in family:
                    one.kill()
            process.wait()

    def _noted(self, beginning: str) -> list[str]:
        return [line for line in self.notes if line.startswith(beginning)]

    def _start(self, argv: Sequence[str], knobs: dict[str, str]) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "NOTIFIER_SECRET_KEY": "for-tests-only-0123456789-abcdefghij",
            "NOTIFIER_REDIS_URL": self.redis_url,
            "NOTIFIER_TICK_S": "0.2",
            "NOTIFIER_STAMP_FILE": str(self.stamp),
            "STAND_IN_DIR": str(self.folder),
        }
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                argv,
                cwd=ROOT,
                env=environment | knobs,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - two system calls
            )
        self.processes.append(process)
        return process


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return list(psutil.Process(process.pid).children())
