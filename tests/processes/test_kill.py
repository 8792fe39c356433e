"""Kill anything, any time: real worker, beat, Valkey and SMTP, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest
import redis

from notifier.embedded.valkey import Valkey
from tests.processes.works import Works, kill


@pytest.fixture
def works(tmp_path: Path, database_url: str, valkey: Valkey) -> Iterator[Works]:
    with ExitStack() as stack:
        works = Works(stack, tmp_path, database_url, valkey.url)
        works.start()
        yield works


def kill_worker(works: Works) -> int:
    """The parent and every child of it, at once, as a power cut would; gives how many connections they had open."""
    parent = psutil.Process(works.tree.pid("worker"))
    return kill(works, [*parent.children(recursive=True), parent])


def kill_child(works: Works) -> int:
    """One process of the pool."""
    return kill(works, psutil.Process(works.tree.pid("worker")).children()[:1])


def flush_redis(works: Works) -> int:
    """Everything in Redis is gone; nobody says so."""
    with redis.Redis.from_url(works.parts.settings.redis_url.get_secret_value()) as client:
        client.flushall()
    return 0


# Production's database at every change; on SQLite it is the slow tests' to show, with more faults.
@pytest.mark.parametrize("database_url", ["postgresql", pytest.param("sqlite", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.timeout(180)
@pytest.mark.long
def test_killing_the_worker_in_mid_send_loses_no_letter(works: Works) -> None:
    send_through(works, 2000, [kill_worker])


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_killed_child_an_emptied_redis_and_a_killed_worker_lose_no_letter(works: Works) -> None:
    send_through(works, 500, [kill_child, flush_redis, kill_worker])


def send_through(works: Works, letters: int, faults: list[Callable[[Works], int]]) -> None:
    """Send an alert to so many readers, with these faults on the way, and look at what arrived."""
    works.publish(works.fill(letters))
    on_the_wire = 0
    for n, fault in enumerate(faults, start=1):
        works.wait(partial(works.has_come, letters * n // (len(faults) + 2)))
        on_the_wire += fault(works)
    works.wait(lambda: works.sent() == letters)
    works.check_books(letters, on_the_wire)
