"""The command lines of the processes that do the work; they name `workers`, and never import it."""

import sys
from collections.abc import Sequence
from typing import Final

from notifier.domain.words import Lane

APP: Final = "workers.app"


def worker_argv(
    concurrency: int, name: str = "worker", lanes: Sequence[Lane] = tuple(Lane), app: str = APP
) -> list[str]:
    """The command that runs one worker with so many processes, on these lanes in this order."""
    return [
        *_celery(app, "worker"),
        "--pool=prefork",
        f"--concurrency={concurrency}",
        f"--hostname={name}@%h",
        f"--queues={','.join(lane.value for lane in lanes)}",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ]


def beat_argv(app: str = APP) -> list[str]:
    """The command that runs the scheduler. Two of them are harmless: the tick takes a lease in the database."""
    return _celery(app, "beat")


def _celery(app: str, command: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--quiet", "-A", app, command]
