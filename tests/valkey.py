"""Real Valkey for tests; `NOTIFIER_TEST_REDIS_URL` names another server to use instead."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from notifier.embedded.valkey import Valkey, ValkeyMissingError


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """A server for the whole session; tests that share it must not mind what others left there."""
    given = os.environ.get("NOTIFIER_TEST_REDIS_URL")
    if given:
        # Each process of the test run has a database of its own: another's `flushdb` must not empty it.
        number = worker_id.removeprefix("gw") if worker_id.startswith("gw") else "0"
        yield f"{given.rsplit('/', 1)[0]}/{number}"
        return
    with start(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


@pytest.fixture
def empty_redis_url(redis_url: str) -> str:
    """The same server, with nothing in its database."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    return redis_url


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server of the test's own, to break at will; stopped whatever state it is in."""
    server = start(tmp_path / "valkey")
    yield server
    server.kill()


def start(directory: Path) -> Valkey:
    """A started server, or a skip with the reason."""
    try:
        return Valkey.start(directory)
    except ValkeyMissingError as missing:
        pytest.skip(str(missing))
