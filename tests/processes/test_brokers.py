"""Other ways to be set up: RabbitMQ as the broker, and two machines at one database and one Redis."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import redis

from notifier.embedded.tree import Job, Tree
from notifier.processes import beat_argv, worker_argv
from tests import rabbitmq
from tests.postgresql import PostgreSQL
from tests.processes.works import CONCURRENCY, Works, kill

pytestmark = pytest.mark.slow


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    url = postgresql.create()
    yield url
    postgresql.drop(url)


@pytest.mark.timeout(240)
def test_a_story_goes_the_whole_way_over_rabbitmq(
    stack: ExitStack, tmp_path: Path, postgresql_url: str, empty_redis_url: str
) -> None:
    folder = tmp_path / "rabbitmq"
    folder.mkdir()
    broker = stack.enter_context(rabbitmq.running(folder))
    works = Works(stack, tmp_path, postgresql_url, empty_redis_url, broker_url=broker)
    works.start()
    works.publish(works.fill(100))
    works.wait(lambda: works.sent() == 100)
    works.check_books(100)
    with redis.Redis.from_url(empty_redis_url) as client:
        assert {key.split(b":")[0] for key in client.scan_iter()} <= {b"notifier"}, "Redis holds budgets, no nudges"


@pytest.mark.timeout(240)
def test_two_machines_share_a_send_and_one_finishes_it_when_the_other_dies(
    stack: ExitStack, tmp_path: Path, postgresql_url: str, empty_redis_url: str
) -> None:
    works = Works(stack, tmp_path, postgresql_url, empty_redis_url, send_rate_per_s="200", send_burst="20")
    other = Machine(stack, tmp_path / "other", works)
    works.publish(works.fill(600))
    works.start()
    other.start()
    works.wait(lambda: works.has_come(50) and other.is_sending())
    wires = other.die(works)
    works.wait(lambda: works.sent() == 600)
    works.check_books(600, doubled_most=wires)


class Machine:
    """A worker and a beat with a folder for logs and temporary files of their own, as another machine's would be."""

    def __init__(self, stack: ExitStack, folder: Path, works: Works) -> None:
        (folder / "tmp").mkdir(parents=True)
        self.folder = folder
        self.port = works.server.port
        self.env = {**works.env, "TMPDIR": str(folder / "tmp"), "NOTIFIER_STAMP_FILE": str(folder / "stamp")}
        self.tree = stack.enter_context(Tree(folder))
        stack.callback(self.tree.stop, 0)

    def start(self) -> None:
        """Begin; the scheduler is the second one, which must harm nobody."""
        self.tree.start(Job("worker", worker_argv(CONCURRENCY, name="other"), self.env))
        schedule = ["--schedule", str(self.folder / "schedule")]
        self.tree.start(Job("beat", [*beat_argv(), *schedule], self.env))

    def is_sending(self) -> bool:
        """Whether one of its processes talks to the mail server."""
        wires = [wire for one in self._family("worker") for wire in one.net_connections("tcp")]
        return any(wire.raddr and wire.raddr.port == self.port for wire in wires)

    def die(self, works: Works) -> int:
        """All of it at once, for good; gives how many letters may have been on the wire."""
        return kill(works, [one for name in ("worker", "beat") for one in self._family(name)])

    def _family(self, name: str) -> list[psutil.Process]:
        parent = psutil.Process(self.tree.pid(name))
        return [*parent.children(recursive=True), parent]
