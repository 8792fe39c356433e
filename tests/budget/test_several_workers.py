"""The send budget, on a real Valkey."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from typing import cast

import pytest
import redis

from notifier.budget import Grant, LocalBudget, RedisBudget
from notifier.embedded.valkey import Valkey

RATE, BURST = 200, 10
PROCESSES = 3
SECONDS = 2.0


def drain(redis_url: str) -> list[float]:
    """The moments at which this process got one to send, from the moment on when all processes are up."""
    with redis.Redis.from_url(redis_url) as client:
        client.incr("up")
        while int(cast("bytes", client.get("up"))) < PROCESSES:
            time.sleep(0.005)
    budget = RedisBudget(redis_url, RATE, BURST)
    moments: list[float] = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        grant = budget.take("relay", 5)
        moments += [time.monotonic()] * grant.count
        time.sleep(grant.wait_s)
    return moments


def test_several_processes_together_keep_the_rate(empty_redis_url: str) -> None:
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(drain, empty_redis_url) for _ in range(PROCESSES)]
        # CLOCK_MONOTONIC is one for all processes of the machine.
        moments = sorted(moment for job in jobs for moment in job.result())
    expected = RATE * (moments[-1] - moments[0]) + BURST
    assert len(moments) <= expected * 1.02
    # The floor is wider: on a busy machine all of them may sleep past a full bucket.
    assert len(moments) >= expected * 0.8
    most = max(sum(start <= moment < start + 1 for moment in moments) for start in moments)
    assert most <= (RATE + BURST) * 1.02


def test_fewer_come_with_the_time_until_the_next(empty_redis_url: str) -> None:
    budget = RedisBudget(empty_redis_url, rate_per_s=2, burst=3)
    assert budget.take("relay", 2) == Grant(2)
    grant = budget.take("relay", 2)
    assert grant.count == 1
    assert 0.4 < grant.wait_s <= 0.5
    assert budget.take("relay", 1).count == 0
    assert budget.take("another", 1) == Grant(1)
    assert budget.take("relay", 0) == Grant(0)


def test_a_forgotten_script_is_loaded_again(empty_redis_url: str) -> None:
    budget = RedisBudget(empty_redis_url, rate_per_s=1, burst=5)
    budget.take("relay", 3)
    with redis.Redis.from_url(empty_redis_url) as client:
        client.script_flush()
    assert budget.take("relay", 5).count == 2


def test_no_account_name_reaches_redis(empty_redis_url: str) -> None:
    RedisBudget(empty_redis_url, rate_per_s=1, burst=5).take("editor@example.org", 1)
    with redis.Redis.from_url(empty_redis_url) as client:
        keys = cast("list[bytes]", client.keys())
    assert len(keys) == 1
    assert b"editor" not in keys[0]


def test_without_redis_it_goes_on_cautiously_and_says_so_once(valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    budget = RedisBudget(valkey.url, rate_per_s=40, burst=40)
    assert budget.take("relay", 40).count == 40
    valkey.kill()
    started = time.monotonic()
    granted = sum(budget.take("relay", 20).count for _ in range(20))
    assert time.monotonic() - started < 1
    assert 10 <= granted <= 12
    assert len([line for line in caplog.messages if "budget_without_redis" in line]) <= 1


def test_the_local_bucket_fills_with_its_clock() -> None:
    now = [0.0]
    budget = LocalBudget(rate_per_s=10, burst=5, clock=lambda: now[0])
    assert budget.take("relay", 8) == Grant(5, 0.1)
    now[0] = 0.25
    grant = budget.take("relay", 8)
    assert grant.count == 2
    assert grant.wait_s == pytest.approx(0.05)
    now[0] = 100
    assert budget.take("relay", 8).count == 5
