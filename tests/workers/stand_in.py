"""A tiny Celery application with the product's own configuration; its tasks only write down that they ran.

`STAND_IN_DIR` names the directory for what they write.
"""

import os
import time
from pathlib import Path
from typing import Any

from celery import bootsteps, signals

from notifier import settings
from notifier.queue import Task
from workers import process
from workers.app import make_app
from workers.beat import TickScheduler

FOLDER = Path(os.environ["STAND_IN_DIR"])
HANG_S = 30

app = make_app(settings.current(), tasks=())
app.conf.update(notifier_deaf_s=float(os.environ.get("STAND_IN_DEAF_S", "60")))
app.conf.update(beat_scheduler="tests.workers.stand_in:ImpatientScheduler")
signals.worker_process_init.disconnect(process.start_child)


@app.task(name=Task.PUBLISH.value)
def publish(item_id: int) -> None:
    note(f"publish {item_id}")


@app.task(name=Task.TICK.value)
def tick() -> None:
    note("tick")


@app.task(name=Task.DELIVER.value)
def deliver(lane: str, first_id: int, last_id: int) -> None:
    """Works until the file `go` is there."""
    note(f"begin {lane} {first_id} {last_id} {os.getpid()}")
    wait_for(FOLDER / "go")
    note(f"end {lane} {first_id} {last_id} {os.getpid()}")


class ImpatientScheduler(TickScheduler):
    work_after_s = 0.5

    def work_here(self) -> None:
        note("worked without Redis")


class Deafener(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Blocks the event loop once the file `deaf` is there."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def register_with_event_loop(self, _consumer: Any, hub: Any) -> None:
        hub.call_repeatedly(0.1, self._block)

    def _block(self) -> None:
        if (FOLDER / "deaf").exists():
            time.sleep(HANG_S)


app.steps["consumer"].add(Deafener)


def note(line: str) -> None:
    with (FOLDER / "notes").open("a") as notes:
        notes.write(line + "\n")


def wait_for(file: Path) -> None:
    end = time.monotonic() + HANG_S
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.02)
