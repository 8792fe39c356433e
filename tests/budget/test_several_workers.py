"""The send budget as several processes share it, on a real Valkey."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from typing import cast

import pytest
import redis
from structlog.testing import capture_logs

from notifier.budget import Grant, Heard, Limit, RedisBudget
from notifier.embedded.valkey import Valkey
from notifier.shared import Shared
from tests.calm import at_best

RATE = 200
PROCESSES = 4
SECONDS = 3.0


def budget(redis_url: str, rate_per_s: float, burst: float = 0, groups: dict[str, float] | None = None) -> RedisBudget:
    return RedisBudget(Shared(redis_url), {"relay": Limit(rate_per_s, burst, groups or {})})


def drain(redis_url: str) -> list[float]:
    """The moments at which this process got one to send, from the moment on when all processes are up."""
    with redis.Redis.from_url(redis_url) as client:
        client.incr("up")
        while int(cast("bytes", client.get("up"))) < PROCESSES:
            time.sleep(0.005)
    mine, moments = budget(redis_url, RATE), list[float]()
    wanted = {"a.example": mine.portion("relay"), "b.example": mine.portion("relay")}
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        grants = mine.take("relay", wanted)
        moments += [time.monotonic()] * sum(grant.count for grant in grants.values())
        time.sleep(min(grant.wait_s for grant in grants.values()))
    return moments


@pytest.mark.long
def test_several_processes_together_keep_the_rate_in_any_second(empty_redis_url: str) -> None:
    at_best(lambda: keep_the_rate(empty_redis_url))


def keep_the_rate(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(drain, redis_url) for _ in range(PROCESSES)]
        # CLOCK_MONOTONIC is one for all processes of the machine.
        moments = sorted(moment for job in jobs for moment in job.result())
    took = moments[-1] - moments[0]
    assert len(moments) <= RATE * took * 1.02 + 11
    # The floor is wider: on a busy machine all of them may sleep past a full bucket.
    assert len(moments) >= RATE * took * 0.8
    most = max(sum(start <= moment < start + 1 for moment in moments) for start in moments)
    # A process that is stopped between its answer and its clock is late, which is not the budget's doing.
    assert most <= RATE * 1.05 + PROCESSES


def test_a_forgotten_script_is_loaded_again_and_a_flush_gives_one_burst(empty_redis_url: str) -> None:
    mine = budget(empty_redis_url, 1, burst=5)
    mine.take("relay", {"a.example": 3})
    with redis.Redis.from_url(empty_redis_url) as client:
        client.script_flush()
        assert mine.take("relay", {"a.example": 5})["a.example"].count == 2
        client.flushall()
    assert mine.take("relay", {"a.example": 9})["a.example"].count == 5


def test_what_one_worker_heard_slows_all_and_a_flush_forgets_it(empty_redis_url: str) -> None:
    one, other = budget(empty_redis_url, 1000), budget(empty_redis_url, 1000)
    assert other.take("relay", {"google": 1})["google"] == Grant(1)
    one.hear("relay", {"google": Heard(slowed=1)})
    refused = other.take("relay", {"google": 20, "a.example": 1})
    assert refused["google"].count < 3
    assert refused["a.example"] == Grant(1)
    with redis.Redis.from_url(empty_redis_url) as client:
        client.flushall()
    assert other.take("relay", {"google": 5})["google"] == Grant(5)


def test_no_account_name_reaches_redis_and_free_groups_leave_nothing_there(empty_redis_url: str) -> None:
    mine = RedisBudget(Shared(empty_redis_url), {"editor@example.org": Limit(100)})
    mine.take("editor@example.org", {f"d{n}.example": 1 for n in range(500)})
    with redis.Redis.from_url(empty_redis_url) as client:
        keys = cast("list[bytes]", client.keys())
    assert len(keys) == 1
    assert b"editor" not in keys[0]


def test_without_redis_it_goes_on_cautiously_and_says_so_once(valkey: Valkey) -> None:
    mine = budget(valkey.url, 40, burst=40)
    assert mine.take("relay", {"a.example": 40})["a.example"].count == 40
    valkey.kill()
    started = time.monotonic()
    with capture_logs() as lines:
        granted = sum(mine.take("relay", {"a.example": 20})["a.example"].count for _ in range(20))
    mine.hear("relay", {"a.example": Heard(slowed=1)})
    mine.give_back("relay", {"a.example": 1})
    assert time.monotonic() - started < 1
    assert 10 <= granted <= 12
    assert [line["event"] for line in lines] == ["nothing_shared_without_redis", "budget_without_redis"]


def test_a_broker_that_is_not_redis_leaves_each_process_to_itself() -> None:
    mine = RedisBudget(Shared("amqp://127.0.0.1//"), {"relay": Limit(40, 40)})
    assert mine.take("relay", {"a.example": 40})["a.example"].count == 10
