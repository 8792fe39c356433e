"""What a worker survives, with real processes on a real Valkey."""

import os
import signal

import psutil
import pytest
import redis

from notifier.domain.words import Lane
from notifier.embedded.valkey import Valkey
from notifier.queue import Nudge, Task
from notifier.ring import CeleryBell, answers, queue_depths
from tests.workers.crew import Crew, children, until
from workers.watchdog import EXIT_CODE

DELIVER = Nudge(Task.DELIVER, ("alerts", 1, 500), Lane.ALERTS)


def publish(item_id: int, lane: Lane = Lane.BULK) -> Nudge:
    return Nudge(Task.PUBLISH, (item_id,), lane)


def worker_of(note: str) -> int:
    return int(note.rsplit(maxsplit=1)[-1])


@pytest.mark.long
def test_rung_nudges_are_run_with_the_urgent_lane_first(crew: Crew) -> None:
    lanes = [Lane.BULK, Lane.DIGESTS, Lane.ALERTS, Lane.REPLIES, Lane.URGENT]
    CeleryBell(crew.redis_url)([publish(number, lane) for number, lane in enumerate(lanes)])
    crew.worker()
    crew.wait_note("publish", count=5)
    assert crew.notes == [f"publish {number}" for number in (4, 3, 2, 1, 0)]
    until(lambda: queue_depths(crew.redis_url) == dict.fromkeys(Lane, 0), "empty lanes")


@pytest.mark.long
def test_a_task_whose_process_is_killed_runs_again(crew: Crew) -> None:
    crew.worker()
    CeleryBell(crew.redis_url)([DELIVER])
    first = crew.wait_note("begin")[0]
    os.kill(worker_of(first), signal.SIGKILL)
    second = crew.wait_note("begin", count=2)[1]
    crew.let_go()
    crew.wait_note("end")
    assert worker_of(second) != worker_of(first)


@pytest.mark.wide
def test_a_worker_outlives_a_flush_and_the_abrupt_loss_of_redis(crew: Crew, valkey: Valkey) -> None:
    worker = crew.worker()
    bell = CeleryBell(crew.redis_url)
    bell([DELIVER])
    crew.wait_note("begin")
    with redis.Redis.from_url(crew.redis_url) as client:
        client.flushall()
    bell([publish(1)])
    crew.let_go()
    crew.wait_note("publish 1")
    valkey.kill()
    again = Valkey.start_at(valkey.place)
    try:
        bell([publish(2)])
        crew.wait_note("publish 2")
        assert worker.poll() is None
    finally:
        again.kill()


@pytest.mark.wide
def test_a_worker_outlives_a_frozen_redis(crew: Crew, valkey: Valkey) -> None:
    worker = crew.worker()
    valkey.process.send_signal(signal.SIGSTOP)
    assert not answers(crew.redis_url)
    valkey.process.send_signal(signal.SIGCONT)
    CeleryBell(crew.redis_url)([publish(1)])
    crew.wait_note("publish 1")
    assert worker.poll() is None


@pytest.mark.long
def test_a_terminated_worker_finishes_its_task_and_leaves_the_rest_in_the_queue(crew: Crew) -> None:
    worker = crew.worker()
    CeleryBell(crew.redis_url)([DELIVER, DELIVER, DELIVER])
    crew.wait_note("begin")
    worker.send_signal(signal.SIGTERM)
    until(lambda: "Warm shutdown" in crew.log or worker.poll() is not None, "shutdown begun", 2)
    crew.let_go()
    assert worker.wait(20) == 0
    began = len([note for note in crew.notes if note.startswith("begin")])
    assert len([note for note in crew.notes if note.startswith("end")]) == began
    depths = queue_depths(crew.redis_url)
    assert depths
    assert depths[Lane.ALERTS] == 3 - began


@pytest.mark.wide
def test_a_deaf_worker_ends_itself(crew: Crew) -> None:
    worker = crew.worker(STAND_IN_DEAF_S="1")
    family = children(worker)
    (crew.folder / "deaf").touch()
    assert worker.wait(20) == EXIT_CODE
    assert psutil.wait_procs(family, timeout=10)[1] == []


@pytest.mark.wide
def test_processes_of_a_killed_worker_end_too(crew: Crew) -> None:
    worker = crew.worker(concurrency=2)
    family = children(worker)
    worker.kill()
    assert psutil.wait_procs(family, timeout=10)[1] == []
