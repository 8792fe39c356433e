"""Rows of the fault table in docs/reliability.md that no other test stands for."""

import ast
import signal
import time

import pytest
import redis

from notifier.domain.words import Lane
from notifier.embedded.valkey import Valkey
from notifier.queue import Nudge, Task
from notifier.ring import CeleryBell, queue_depths
from tests.workers.crew import ROOT, Crew, until

WAITS = {"countdown", "eta", "apply_async", "autoretry_for", "retry_backoff"}
"""What makes Celery on Redis hold a message back, or deliver it twice."""
FLOOD = 400


@pytest.mark.long
def test_no_task_waits_in_redis() -> None:
    used = {
        (path.name, word)
        for package in ("notifier", "workers")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for word in WAITS & {getattr(node, "arg", None), getattr(node, "attr", None)}
    }
    assert used == set()


@pytest.mark.wide
def test_a_worker_flooded_with_tasks_that_do_nothing_ends_when_asked(crew: Crew) -> None:
    worker = crew.worker(concurrency=2)
    CeleryBell(crew.redis_url)([Nudge(Task.PUBLISH, (number,), Lane.BULK) for number in range(FLOOD)])
    crew.wait_note("publish", count=20)
    asked = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert time.monotonic() - asked < 10, "billiard's children wait 30 s for a parent that reads no more"
    left, done = queue_depths(crew.redis_url), len(crew.notes)
    assert left
    assert left[Lane.BULK] + done >= FLOOD, "neither done nor left in the queue"


@pytest.mark.long
def test_a_full_redis_takes_no_nudge_harms_nobody_and_is_used_again_once_there_is_room(
    crew: Crew, valkey: Valkey
) -> None:
    bell = CeleryBell(crew.redis_url)
    with redis.Redis.from_url(crew.redis_url) as client:
        client.config_set("maxmemory", 1)
        bell([Nudge(Task.PUBLISH, (1,), Lane.BULK)])
        client.config_set("maxmemory", 0)
    assert queue_depths(crew.redis_url) == dict.fromkeys(Lane, 0)
    bell([Nudge(Task.PUBLISH, (2,), Lane.BULK)])
    crew.worker()
    crew.wait_note("publish 2")
    assert valkey.process.poll() is None


@pytest.mark.wide
def test_a_worker_that_met_a_full_redis_works_again_if_need_be_started_anew(crew: Crew) -> None:
    worker, bell = crew.worker(), CeleryBell(crew.redis_url)
    bell([Nudge(Task.DELIVER, ("alerts", 1, 500), Lane.ALERTS)])
    crew.wait_note("begin")
    with redis.Redis.from_url(crew.redis_url) as client:
        client.config_set("maxmemory", 1)
        crew.let_go()
        crew.wait_note("end")
        time.sleep(0.5)
        client.config_set("maxmemory", 0)
    if worker.poll() is not None:
        crew.worker()
    bell([Nudge(Task.PUBLISH, (3,), Lane.BULK)])
    crew.wait_note("publish 3")


@pytest.mark.wide
def test_a_stopped_beat_costs_no_more_than_its_ticks(crew: Crew) -> None:
    first = crew.beat()
    until(lambda: _waiting(crew) >= 1, "ticks rung")
    first.kill()
    first.wait()
    rung = _waiting(crew)
    crew.beat()
    until(lambda: _waiting(crew) > rung, "ticks rung by the next one")


def _waiting(crew: Crew) -> int:
    depths = queue_depths(crew.redis_url)
    assert depths is not None
    return depths[Lane.URGENT]
