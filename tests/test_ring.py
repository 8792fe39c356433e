"""The bell, on a real Valkey."""

import base64
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
import redis

from notifier import observe
from notifier.domain.words import Lane
from notifier.embedded.valkey import Valkey
from notifier.queue import Nudge, Task
from notifier.ring import CeleryBell, answers, queue_depths

NUDGE = Nudge(Task.DELIVER, ("bulk", 1, 500), Lane.BULK)


def lost() -> float:
    return sum(sample.value for metric in observe.NUDGES_LOST.collect() for sample in metric.samples[:1])


def queued(redis_url: str, lane: Lane) -> list[dict[str, Any]]:
    with redis.Redis.from_url(redis_url) as client:
        raw: Sequence[bytes] = client.lrange(lane.value, 0, -1)
    return [json.loads(message) for message in raw]


def test_many_nudges_wait_each_in_its_lane(empty_redis_url: str) -> None:
    bell = CeleryBell(empty_redis_url)
    bell([NUDGE] * 1200 + [Nudge(Task.TICK, (), Lane.URGENT)])
    assert queue_depths(empty_redis_url) == {**dict.fromkeys(Lane, 0), Lane.BULK: 1200, Lane.URGENT: 1}


def test_a_message_holds_a_task_and_ids_and_nothing_else(empty_redis_url: str) -> None:
    CeleryBell(empty_redis_url)([NUDGE])
    (message,) = queued(empty_redis_url, Lane.BULK)
    args, kwargs, _embedded = json.loads(base64.b64decode(message["body"]))
    assert args == ["bulk", 1, 500]
    assert kwargs == {}
    assert message["content-type"] == "application/json"
    assert message["headers"]["task"] == "notifier.deliver"
    assert message["headers"]["eta"] is None


def test_a_periodic_nudge_expires(empty_redis_url: str) -> None:
    CeleryBell(empty_redis_url)([Nudge(Task.TICK, (), Lane.URGENT, expires_s=60)])
    (message,) = queued(empty_redis_url, Lane.URGENT)
    assert message["headers"]["expires"]


@pytest.mark.parametrize("count", [1, 3])
def test_ringing_without_redis_is_quick_counted_and_never_raises(valkey: Valkey, count: int) -> None:
    bell = CeleryBell(valkey.url)
    bell([NUDGE])
    valkey.kill()
    before, started = lost(), time.monotonic()
    bell([NUDGE] * count)
    assert time.monotonic() - started < 1
    assert lost() - before == count
    assert queue_depths(valkey.url) is None
    assert not answers(valkey.url)


def test_the_bell_rings_again_once_redis_is_back(valkey: Valkey) -> None:
    bell = CeleryBell(valkey.url)
    bell([NUDGE])
    valkey.kill()
    bell([NUDGE])
    again = Valkey.start_at(valkey.place)
    try:
        before, started = lost(), queue_depths(again.url)
        assert started
        bell([NUDGE])
        assert lost() == before
        now = queue_depths(again.url)
        assert now
        assert now[Lane.BULK] == started[Lane.BULK] + 1
    finally:
        again.kill()


def test_ringing_nobody_does_nothing() -> None:
    CeleryBell("redis://127.0.0.1:1/0")([])
