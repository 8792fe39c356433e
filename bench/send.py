"""How fast planned letters leave: PostgreSQL, Valkey, a worker with two processes, and a mail server that counts."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil
import redis
from sqlalchemy import func, select

from bench.fill import Crowd, fill
from bench.place import environment, options, quiet_parts, say, server_version
from bench.sink import Sink
from notifier import dkim_keys, flow, ring
from notifier.domain.dkim import DkimKey, DkimKind
from notifier.embedded.tree import Job, Tree
from notifier.embedded.valkey import Valkey
from notifier.models import Letter
from notifier.parts import Parts
from notifier.processes import worker_argv
from notifier.queue import Nudge
from tests.postgresql import running

QUICK, FULL = 10_000, 100_000
KINDS: Final = 613
"""About five hundred distinct letters come of it."""
SENTENCES: Final = 0
"""Of each of the ten articles: letters of about 20 KB before they are encoded."""
PROCESSES: Final = 2
START_S: Final = 30.0
POLL_S: Final = 0.05
KNOBS: Final = {"smtp_letters_per_connection": "1000", "smtp_connections": "48"}
"""As for a relay of one's own: it does not mind."""
LETTER_S: Final = 0.05
"""No machine is this slow: with START_S it bounds a measurement."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is up and running."""

    sink: Sink
    parts: Parts
    env: Mapping[str, str]
    folder: Path
    valkey: str


def main() -> None:
    """Plan a digest for so many readers, send it through real processes, say how fast and whether any is missing.

    Then as many once more, each signed with RSA-2048; and what Postfix's own generator sends to the same sink.
    """
    size = options(__doc__ or "", "letters", QUICK, FULL).size
    with ExitStack() as stack:
        ground = prepare(stack, **KNOBS)
        figures = measure(ground, size)
        source = smtp_source(ground.sink, size, figures["letter_bytes"])
        versions = {"postgresql": server_version(ground.parts.db), "valkey": ground.valkey}
    with ExitStack() as stack:
        keys = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notifier-bench-keys-")))
        dkim_keys.write(keys, DkimKey.new("bench.example", "bench", DkimKind.RSA))
        signed = measure(prepare(stack, dkim_folder=str(keys), **KNOBS), size)
    say(
        **figures,
        letters_per_s_signed=signed["letters_per_s_unsigned"],
        signed_lost=signed["lost"],
        signed_cpu_ms_per_letter=signed["worker_cpu_ms_per_letter"],
        smtp_source_per_s=source,
        ratio=round(figures["letters_per_s_unsigned"] / source, 2) if source else None,
        **versions,
    )


def prepare(stack: ExitStack, **knobs: str) -> Ground:
    """Start the sink, the database and Valkey, and make the parts that plan; `knobs` are settings of the worker."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notifier-bench-")))
    sink = stack.enter_context(Sink())
    server = stack.enter_context(running())
    url = server.create()
    stack.callback(server.drop, url)
    valkey = stack.enter_context(Valkey.start(folder / "valkey"))
    with redis.Redis.from_url(valkey.url) as client:
        facts = client.info("server")
    env = environment(
        database_url=url,
        redis_url=valkey.url,
        smtp_port=str(sink.port),
        smtp_tls="off",
        smtp_helo="bench.example",
        stamp_file=str(folder / "stamp"),
        journal_folder=str(folder / "journal"),
        **knobs,
    )
    parts = quiet_parts(env)
    stack.callback(parts.db.close)
    return Ground(sink, parts, env, folder, str(facts.get("valkey_version") or facts["redis_version"]))


def measure(ground: Ground, letters: int) -> dict[str, Any]:
    """Plan and send; the time runs from the first nudge to the last letter's arrival."""
    now, nudges = datetime.now(UTC), list[Nudge]()
    planner = replace(ground.parts, bell=nudges.extend)
    flow.plan_run(planner, fill(ground.parts, Crowd(letters, KINDS, sentences=SENTENCES), now), now)
    with Tree(ground.folder) as tree:
        tree.start(Job("worker", worker_argv(PROCESSES), ground.env))
        wait((ground.folder / "stamp").exists, tree, START_S)
        before, begun = cpu_s(tree.pid("worker")), time.time()
        ring.ring(ring.publisher(ground.env["NOTIFIER_REDIS_URL"]), nudges)
        wait(lambda: is_through(ground, letters), tree, START_S + letters * LETTER_S)
        spent, memory = cpu_s(tree.pid("worker")) - before, children_mb(tree.pid("worker"))
    found = figures(ground, begun)
    cpu = round(spent * 1000 / letters, 2)
    return {**found, "worker_cpu_ms_per_letter": cpu, "rss_mb": max(memory, default=0), "rss_mb_each": memory}


def wait(condition: Callable[[], bool], tree: Tree, seconds: float) -> None:
    """Wait until it is so, or until the time is over: the figures then show what is missing."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        tree.watch()
        time.sleep(POLL_S)


def is_through(ground: Ground, letters: int) -> bool:
    """Whether all letters came, and the books say so; the books are not opened before."""
    return ground.sink.letters() >= letters and flow.status(ground.parts).balance.sent >= letters


def cpu_s(parent: int) -> float:
    """Seconds of CPU that a worker and its processes have used: a figure that busy neighbours do not spoil."""
    worker = psutil.Process(parent)
    times = [one.cpu_times() for one in [worker, *worker.children()]]
    return float(sum(one.user + one.system for one in times))


def children_mb(parent: int) -> list[int]:
    """The memory of each process that sends, in megabytes."""
    return [round(child.memory_info().rss / 2**20) for child in psutil.Process(parent).children()]


def figures(ground: Ground, begun: float) -> dict[str, Any]:
    """What the sink counted against what the books say."""
    balance, counted = flow.status(ground.parts).balance, ground.sink.report()
    with ground.parts.db.reading() as session:
        distinct = session.scalar(select(func.count()).select_from(Letter)) or 0
    seconds = max(counted["last_at"] - begun, POLL_S)
    return {
        "planned": balance.planned,
        "distinct": distinct,
        "seconds": round(seconds, 2),
        "letters_per_s_unsigned": round(counted["recipients"] / seconds, 1),
        "lost": balance.planned - counted["recipients"],
        "duplicated": counted["letters"] - counted["recipients"],
        "balanced": balance.is_balanced and balance.sent == balance.planned,
        "letter_bytes": round(counted["bytes"] / max(1, counted["letters"])),
    }


def smtp_source(sink: Sink, letters: int, size: int) -> float | None:
    """What Postfix's own load generator sends to the same sink a second; None where it is not installed."""
    program = shutil.which("smtp-source")
    if program is None:
        return None
    sink.forget()
    sizes = ["-s", str(PROCESSES), "-m", str(letters), "-l", str(size)]
    argv = [program, "-d", *sizes, "-f", "a@bench.example", "-t", "b@bench.example", f"127.0.0.1:{sink.port}"]
    begun = time.time()
    subprocess.run(argv, check=True, timeout=START_S + letters * LETTER_S)  # noqa: S603 - Postfix's, no shell
    seconds: float = sink.report()["last_at"] - begun
    return round(letters / seconds, 1)


if __name__ == "__main__":
    main()
