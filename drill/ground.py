"""What a send stands on: its own sink, PostgreSQL, Valkey, worker and beat, and a hand on each of them."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import redis

from bench.place import environment
from bench.sink import Sink
from drill.readers import fill
from notifier import assembly, settings
from notifier.embedded.tree import Job, Tree
from notifier.embedded.valkey import Valkey
from notifier.parts import Parts
from notifier.processes import beat_argv, worker_argv
from tests.postgresql import running
from tests.postmaster import Postmaster

PROCESSES: Final = 2
START_S: Final = 60.0
POLL_S: Final = 0.05
REPLY_S: Final = 2.0
"""Longer than any honest answer of the sink, shorter than its hanging one."""
AWAY_S: Final = 1.0
"""How long a server that was stopped stays away."""
LOGS: Final = ("worker", "beat")
_KNOBS: Final = {
    "smtp_tls": "off",
    "smtp_helo": "drill.example",
    "smtp_connect_timeout_s": "1",
    "smtp_reply_timeout_s": f"{REPLY_S:g}",
    "task_slice_s": "0.5",
    "task_longest_s": "0.5",
    "lease_s": "9",
    "retry_base_s": "1",
    "retry_cap_s": "2",
    "attempts_max": "30",
    "unreachable_s": "1",
    "tick_s": "1",
    "sweep_s": "1",
    "overdue_s": "1",
}
"""Everything that waits for minutes in production waits for seconds here; what is done is the same."""


class Stopped(Exception):  # noqa: N818 - it reads as what it says
    """The drill was called off."""


class TooSlow(Exception):  # noqa: N818 - the same
    """What was waited for did not come in time."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent, and how fast."""

    letters: int
    times: int
    """How often each fault strikes during one send."""
    knobs: dict[str, str] = field(default_factory=dict)
    patience_s: float = 600.0


@dataclass(slots=True)
class Ground:
    """One set of servers and processes; for one thread."""

    size: Size
    folder: Path
    sink: Sink
    parts: Parts
    tree: Tree
    restarted: ExitStack
    """Servers that took the place of those that were ended."""
    server_url: str
    valkey: Valkey | None
    """None where another's Redis was named."""
    is_called_off: Callable[[], bool]
    site_id: int = 0

    def wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Keep the processes running until it is so. Raises TooSlow, Stopped."""
        end = time.monotonic() + seconds
        while not condition():
            if self.is_called_off():
                raise Stopped
            if time.monotonic() > end:
                raise TooSlow(f"not within {seconds:.0f} s: {what}")
            self.tree.watch()
            time.sleep(POLL_S)

    def empty_redis(self) -> None:
        """Everything in Redis is gone; nobody says so. In another's server, only our database."""
        with redis.Redis.from_url(self.parts.settings.redis_url.get_secret_value()) as client:
            if self.valkey:
                client.flushall()
            else:
                client.flushdb()

    def replace_redis(self) -> None:
        """Redis is killed, and comes back with nothing in it."""
        if self.valkey is None:
            raise RuntimeError("this Redis is not ours to kill")
        self.valkey.kill()
        time.sleep(AWAY_S)
        shutil.rmtree(self.valkey.place.directory)
        self.valkey = self.restarted.enter_context(Valkey.start_at(self.valkey.place))

    def restart_postgresql(self) -> None:
        """PostgreSQL throws everybody out, ends, and comes back with its data."""
        stopped = Postmaster.stop(self.server_url)
        time.sleep(AWAY_S)
        self.restarted.enter_context(stopped.again(self.server_url))


def is_own_postgresql() -> bool:
    """Whether the drill starts a PostgreSQL of its own, and so may stop it."""
    return not os.environ.get("NOTIFIER_TEST_DATABASE_URL")


def is_own_redis() -> bool:
    """The same of Redis."""
    return not os.environ.get("NOTIFIER_TEST_REDIS_URL")


@contextmanager
def prepared(size: Size, number: int, is_called_off: Callable[[], bool]) -> Iterator[Ground]:
    """Start everything, with readers who wait for a story; end it with the block. `number` tells grounds apart."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notifier-drill-")))
        sink = stack.enter_context(Sink())
        server = stack.enter_context(running())
        # Ended after our database is dropped, which needs the server that came back.
        restarted = stack.enter_context(ExitStack())
        url = server.create()
        stack.callback(server.drop, url)
        redis_url, valkey = _redis(stack, folder, number)
        knobs = {**_KNOBS, "database_url": url, "redis_url": redis_url, "smtp_port": str(sink.port)}
        env = environment(
            **knobs, stamp_file=str(folder / "stamp"), journal_folder=str(folder / "journal"), **size.knobs
        )
        parts = assembly.assemble(settings.of(env))
        stack.callback(parts.close)
        tree = stack.enter_context(Tree(folder))
        stack.callback(tree.stop, 0)  # By now everything is counted.
        ground = Ground(size, folder, sink, parts, tree, restarted, server.url, valkey, is_called_off)
        ground.site_id = fill(parts, size.letters, datetime.now(UTC))
        tree.start(Job("worker", worker_argv(PROCESSES), env))
        tree.start(Job("beat", [*beat_argv(), "--schedule", str(folder / "schedule")], env))
        ground.wait((folder / "stamp").exists, "the worker is up", START_S)
        yield ground


def _redis(stack: ExitStack, folder: Path, number: int) -> tuple[str, Valkey | None]:
    given = os.environ.get("NOTIFIER_TEST_REDIS_URL")
    if given:
        return f"{given.rsplit('/', 1)[0]}/{number}", None
    valkey = stack.enter_context(Valkey.start(folder / "valkey"))
    return valkey.url, valkey
