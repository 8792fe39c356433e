"""How exactly a budget is kept: four worker processes at 200 letters a second, and a sink that notes the time."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bench.fill import Crowd, fill
from bench.place import options, say
from bench.send import START_S, Ground, prepare, wait
from notifier import flow, ring
from notifier.embedded.tree import Job, Tree
from notifier.processes import worker_argv
from notifier.queue import Nudge

QUICK, FULL = 10, 20
RATE: Final = 200
PROCESSES: Final = 4
TOLERANCE: Final = 0.02
WORST: Final = 210
SPARE: Final = 1.5
"""More letters are planned than are measured: at the end of all of them there is nothing left to keep four busy."""
CHUNK: Final = 100
"""Deliveries a task: several tasks for each process even in a short run."""
KINDS: Final = 7
"""Few distinct letters: it is not rendering that is measured."""


def main() -> None:
    """Send for so many seconds and say how many left in all of them, and in the worst one."""
    seconds = options(__doc__ or "", "seconds", QUICK, FULL).size
    with ExitStack() as stack:
        times = measure(prepare(stack), seconds)
    rate, worst = len(times) / seconds, worst_second(times)
    say(
        rate=round(rate, 2),
        worst_second=worst,
        letters=len(times),
        seconds=seconds,
        within=abs(rate / RATE - 1) <= TOLERANCE and worst <= WORST,
    )


def measure(ground: Ground, seconds: int) -> Sequence[float]:
    """When each letter came, from the first one on."""
    nudges, now = list[Nudge](), datetime.now(UTC)
    readers = int(RATE * seconds * SPARE)
    planner = replace(
        ground.parts, bell=nudges.extend, settings=ground.parts.settings.model_copy(update={"chunk_size": CHUNK})
    )
    flow.plan_run(planner, fill(ground.parts, Crowd(readers, KINDS), now), now)
    ground.sink.watch(".example")
    knobs = {"send_rate_per_s": str(RATE), "send_burst": "0", "chunk_size": str(CHUNK)}
    env = dict(ground.env) | {f"NOTIFIER_{name.upper()}": value for name, value in knobs.items()}
    with Tree(ground.folder) as tree:
        tree.start(Job("worker", worker_argv(PROCESSES), env))
        wait((ground.folder / "stamp").exists, tree, START_S)
        ring.ring(ring.publisher(env["NOTIFIER_REDIS_URL"]), nudges)
        wait(lambda: ground.sink.letters() > 0, tree, START_S)
        time.sleep(seconds + 1)
        times = sorted(ground.sink.times().values())
    return [one for one in times if one < times[0] + seconds]


def worst_second(times: Sequence[float]) -> int:
    """The most letters in any second, wherever it begins."""
    most, behind = 0, 0
    for ahead, moment in enumerate(times):
        while times[behind] <= moment - 1:
            behind += 1
        most = max(most, ahead - behind + 1)
    return most


if __name__ == "__main__":
    main()
