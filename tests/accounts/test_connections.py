"""The slots of connections, shared by processes on a real Valkey."""

import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest
import redis

from notifier.accounts import LocalConnections, RedisConnections
from notifier.embedded.valkey import Valkey
from notifier.shared import Shared

SPAWN = multiprocessing.get_context("spawn")
LEASE_S = 0.8


def hold(redis_url: str, answers: Connection) -> None:
    """Another worker: it takes what it gets and holds on to it until it is told to go, or killed."""
    mine = RedisConnections(Shared(redis_url), {"relay": 5}, LEASE_S)
    answers.send(mine.take("relay", 3))
    answers.recv()
    mine.close()


@pytest.fixture
def connections(empty_redis_url: str) -> Iterator[RedisConnections]:
    mine = RedisConnections(Shared(empty_redis_url), {"relay": 5}, LEASE_S)
    yield mine
    mine.close()


def wait_for(connections: RedisConnections, count: int) -> float:
    """Seconds until so many slots were to be had."""
    begun, got = time.monotonic(), 0
    while got < count and time.monotonic() - begun < 10:
        got += connections.take("relay", count - got)
        time.sleep(0.02)
    assert got == count
    return time.monotonic() - begun


def test_no_more_are_open_than_the_account_allows(connections: RedisConnections, empty_redis_url: str) -> None:
    other = RedisConnections(Shared(empty_redis_url), {"relay": 5}, LEASE_S)
    assert connections.take("relay", 3) == 3
    assert other.take("relay", 9) == 2
    assert connections.take("relay", 1) == 0
    assert connections.take("another", 1) == 1
    connections.free("relay", 2)
    assert other.take("relay", 9) == 2
    other.close()
    assert connections.take("relay", 9) == 4


@pytest.mark.long
def test_what_is_held_is_kept_longer_than_its_lease(connections: RedisConnections, empty_redis_url: str) -> None:
    other = RedisConnections(Shared(empty_redis_url), {"relay": 5}, LEASE_S)
    assert connections.take("relay", 5) == 5
    time.sleep(LEASE_S * 1.5)
    assert other.take("relay", 1) == 0


def test_an_emptied_redis_learns_again_of_what_is_held(connections: RedisConnections, empty_redis_url: str) -> None:
    assert connections.take("relay", 5) == 5
    with redis.Redis.from_url(empty_redis_url) as client:
        client.flushdb()
    connections.renew()
    assert RedisConnections(Shared(empty_redis_url), {"relay": 5}, LEASE_S).take("relay", 1) == 0


@pytest.mark.long
@pytest.mark.parametrize("end", ["killed", "ended"])
def test_the_slots_of_a_worker_that_ended_are_to_be_had(
    connections: RedisConnections, empty_redis_url: str, end: str
) -> None:
    ours, theirs = SPAWN.Pipe()
    worker = SPAWN.Process(target=hold, args=(empty_redis_url, theirs))
    worker.start()
    try:
        assert ours.poll(20)
        assert ours.recv() == 3
        assert connections.take("relay", 5) == 2
        if end == "killed":
            worker.kill()
        else:
            ours.send("go")
        assert wait_for(connections, 3) < (5)
    finally:
        worker.kill()
        worker.join()


def test_without_redis_a_process_opens_few(valkey: Valkey) -> None:
    mine = RedisConnections(Shared(valkey.url), {"relay": 8, "small": 1})
    valkey.kill()
    assert mine.take("relay", 8) == 2
    assert mine.take("relay", 8) == 0
    assert mine.take("small", 8) == 1
    mine.free("relay", 2)
    assert mine.take("relay", 1) == 1
    mine.close()


def test_in_memory_they_are_counted_too() -> None:
    mine = LocalConnections({"relay": 2})
    assert [mine.take("relay", 5), mine.take("relay", 5)] == [2, 0]
    mine.free("relay", 1)
    assert mine.take("relay", 5) == 1
