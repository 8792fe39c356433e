"""Where the time of one letter goes: cProfile over `flow.deliver`, in one process, with nothing on the wire."""

import cProfile
import pstats
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.fill import Crowd, fill
from bench.place import environment, options, quiet_parts, say
from bench.send import KINDS, KNOBS, SENTENCES
from bench.sink import Sink
from notifier import flow
from notifier.embedded.valkey import Valkey
from notifier.parts import Parts
from notifier.queue import Nudge
from notifier.transports.memory import MemoryTransport
from tests.postgresql import running

QUICK, FULL = 3_000, 12_000
STEPS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "claim, check, gather": [("notifier/dispatch.py", "claim_chunk")],
    "render (once a letter)": [("render/renderer.py", "render")],
    "make the personal links": [("domain/links.py", "personal")],
    "fill the stencil, headers and both parts": [("render/stencil.py", "message")],
    "ask the budget (Valkey)": [("budget/in_redis.py", "take")],
    "note in the journal, file and Valkey": [("journal/folder.py", "note"), ("journal/in_redis.py", "note")],
    "write down the outcomes": [("record/book.py", "outcomes")],
}
"""Each step by the functions that do it; none of them calls another."""


def main() -> None:
    """Send a third of the letters to memory, a third by SMTP, a third under the profiler."""
    size = options(__doc__ or "", "letters", QUICK, FULL).size
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notifier-bench-")))
        server = stack.enter_context(running())
        url = server.create()
        stack.callback(server.drop, url)
        valkey = stack.enter_context(Valkey.start(folder / "valkey"))
        sink = stack.enter_context(Sink())
        knobs = {
            "smtp_port": str(sink.port),
            "smtp_tls": "off",
            "smtp_helo": "bench.example",
            **KNOBS,
            "journal_folder": str(folder / "journal"),
        }
        # Thirds of whole chunks: each has its share of letters that are new to it.
        chunk = str(min(500, max(1, size // 6)))
        parts = quiet_parts(environment(database_url=url, redis_url=valkey.url, chunk_size=chunk, **knobs))
        stack.callback(parts.db.close)
        stack.callback(parts.close)
        measure(parts, size)


def measure(by_smtp: Parts, letters: int) -> None:
    """Plan, deliver three times, print a table and the figures."""
    now, nudges = datetime.now(UTC), list[Nudge]()
    flow.plan_run(
        replace(by_smtp, bell=nudges.extend), fill(by_smtp, Crowd(letters, KINDS, sentences=SENTENCES), now), now
    )
    to_memory = replace(by_smtp, transports={"smtp": MemoryTransport()})
    wall, cpu = timed(lambda: deliver(to_memory, nudges[0::3]))
    smtp_wall, _ = timed(lambda: deliver(by_smtp, nudges[1::3]))
    profile = cProfile.Profile()
    profile.runcall(deliver, to_memory, nudges[2::3])
    share = shares(profile)
    for step, part in share.items():
        print(f"{step:46} {part:6.1%}")
    say(
        ms_per_letter=round(wall, 3),
        cpu_ms_per_letter=round(cpu, 3),
        smtp_ms_per_letter=round(smtp_wall - wall, 3),
        shares={step: round(part, 3) for step, part in share.items()},
    )


def deliver(parts: Parts, nudges: Sequence[Nudge]) -> int:
    """What a worker does with these nudges; gives how many letters left."""
    before = flow.status(parts).balance.sent
    for nudge in nudges:
        flow.deliver(parts, *_span(nudge), lambda: datetime.now(UTC))
    return flow.status(parts).balance.sent - before


def timed(work: Callable[[], int]) -> tuple[float, float]:
    """Milliseconds a letter: by the wall's clock, and of this process's CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    letters = work()
    return (time.perf_counter() - wall) * 1000 / letters, (time.process_time() - cpu) * 1000 / letters


def shares(profile: cProfile.Profile) -> dict[str, float]:
    """Step -> its share of the whole; what no step names is last."""
    stats: Any = pstats.Stats(profile)
    spent: dict[tuple[str, str], float] = {}
    for (file, _line, name), (_, _, _, cumulative, _) in stats.stats.items():
        for place in (place for places in STEPS.values() for place in places):
            if file.endswith(place[0]) and name == place[1]:
                spent[place] = spent.get(place, 0.0) + cumulative
    found = {step: sum(spent.get(place, 0.0) for place in places) / stats.total_tt for step, places in STEPS.items()}
    return {**found, "the rest": 1 - sum(found.values())}


def _span(nudge: Nudge) -> tuple[str, int, int]:
    lane, first, last = nudge.args
    return str(lane), int(first), int(last)


if __name__ == "__main__":
    main()
