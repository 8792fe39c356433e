"""One process tree: children that are started, watched, started again when they fall, and ended together."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Self

from notifier import observe
from notifier.embedded.orphan import die_with_parent, uninterrupted

GRACE_S: Final = 30.0
"""A worker may finish what is on the wire; after that it is killed, and its leases run out."""
RESTART_S: Final = 1.0

_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A child to run: its name, command and environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    sockets: tuple[int, ...] = ()
    """File descriptors it inherits, such as a socket that listens already."""


@dataclass(slots=True)
class _Child:
    job: Job
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: int = 0


class Tree:
    """Runs jobs until told to stop. Use it from the main thread: on Linux the children end with their starter."""

    def __init__(self, logs: Path | None = None) -> None:
        self._logs = logs
        self._children: dict[str, _Child] = {}
        self._files: list[IO[bytes]] = []

    def start(self, job: Job) -> None:
        """Start a job, to be kept running."""
        with uninterrupted():
            self._children[job.name] = _Child(job, self._spawn(job), time.monotonic())

    def pid(self, name: str) -> int:
        """The process id of a job as it runs now."""
        return self._children[name].process.pid

    def restarts(self) -> int:
        """How often children were started again."""
        return sum(child.restarts for child in self._children.values())

    def watch(self) -> None:
        """Start again whatever ended by itself. Call it often."""
        for child in self._children.values():
            code = child.process.poll()
            if code is None or time.monotonic() - child.started_at < RESTART_S:
                continue
            _log.warning("restarting", child=child.job.name, exit_code=code)
            _end_group(child.process, signal.SIGKILL)
            with uninterrupted():
                child.process = self._spawn(child.job)
            child.started_at = time.monotonic()
            child.restarts += 1

    def stop(self, grace_s: float = GRACE_S) -> None:
        """End every child, the last started first, and whatever they had started themselves."""
        children = list(reversed(self._children.values()))
        self._children = {}
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        deadline = time.monotonic() + grace_s
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            _end_group(child.process, signal.SIGKILL)
            child.process.wait()
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.stop()

    def _spawn(self, job: Job) -> subprocess.Popen[bytes]:
        output = self._output(job)
        return subprocess.Popen(  # noqa: S603 - our own commands, no shell
            job.argv,
            env=dict(job.env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=job.sockets,
            # Ctrl-C is ours to answer: children end in order, not all at once.
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - looked up before the fork, no locks in it
        )

    def _output(self, job: Job) -> IO[bytes] | None:
        if self._logs is None:
            return None
        file = (self._logs / f"{job.name}.log").open("ab")
        self._files.append(file)
        return file


def _end_group(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, how)
