"""How fast letters pass over one connection with 20 ms round trip: real worker, and a sink that delays each answer."""

import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bench.fill import Crowd, fill
from bench.place import options, say
from bench.send import SENTENCES, START_S, Ground, prepare, wait
from notifier import flow, ring
from notifier.embedded.tree import Job, Tree
from notifier.processes import worker_argv
from notifier.queue import Nudge

QUICK, FULL = 400, 2_000
RTT_MS: Final = 20.0
LETTER_S: Final = 0.2
"""No link of this kind is this slow: with START_S it bounds a measurement."""
KINDS: Final = 7
"""Few distinct letters: it is the link that is measured."""
KNOBS: Final = {"smtp_connections": "1", "smtp_letters_per_connection": "1000000"}
"""One connection, and never a new one: the handshake is not what is measured."""


def main() -> None:
    """Plan a digest for so many readers and send it over one slow connection."""
    size = options(__doc__ or "", "letters", QUICK, FULL).size
    with ExitStack() as stack:
        ground = prepare(stack, **KNOBS)
        ground.sink.delay(RTT_MS)
        say(**measure(ground, size))


def measure(ground: Ground, letters: int) -> dict[str, Any]:
    """The time runs from the first letter's arrival to the last one's, by the sink's clock."""
    now, nudges = datetime.now(UTC), list[Nudge]()
    planner = replace(ground.parts, bell=nudges.extend)
    flow.plan_run(planner, fill(ground.parts, Crowd(letters, KINDS, sentences=SENTENCES), now), now)
    most = 0

    def is_through() -> bool:
        nonlocal most
        most = max(most, ground.sink.connections())
        return ground.sink.letters() >= letters

    with Tree(ground.folder) as tree:
        tree.start(Job("worker", worker_argv(1), ground.env))
        wait((ground.folder / "stamp").exists, tree, START_S)
        ring.ring(ring.publisher(ground.env["NOTIFIER_REDIS_URL"]), nudges)
        wait(is_through, tree, START_S + letters * LETTER_S)
        wait(lambda: flow.status(ground.parts).balance.open == 0, tree, START_S)
    counted = ground.sink.report()
    seconds = max(counted["last_at"] - counted["first_at"], time.get_clock_info("time").resolution)
    return {
        "rtt_ms": RTT_MS,
        "letters": counted["letters"],
        "lost": letters - counted["recipients"],
        "connections": most,
        "letters_per_s": round((counted["letters"] - 1) / seconds, 1),
        "letter_bytes": round(counted["bytes"] / max(1, counted["letters"])),
    }


if __name__ == "__main__":
    main()
