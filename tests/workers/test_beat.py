"""The scheduler as a real process."""

import signal
import time

import pytest

from notifier.domain.words import Lane
from notifier.embedded.valkey import Valkey
from notifier.ring import queue_depths
from tests.workers.crew import Crew, until


def waiting(redis_url: str) -> int:
    depths = queue_depths(redis_url)
    assert depths is not None
    return depths[Lane.URGENT]


@pytest.mark.long
def test_beat_rings_works_alone_while_redis_is_away_and_rings_again(crew: Crew, valkey: Valkey) -> None:
    beat = crew.beat()
    until(lambda: waiting(crew.redis_url) >= 2, "ticks rung")
    valkey.kill()
    crew.wait_note("worked without Redis", count=2)
    again = Valkey.start_at(valkey.place)
    try:
        before = waiting(again.url)
        until(lambda: waiting(again.url) >= before + 2, "ticks rung again")
        beat.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        assert beat.wait(10) == 0
        assert time.monotonic() - asked < 2
    finally:
        again.kill()


@pytest.mark.wide
def test_beat_starts_and_works_without_redis(crew: Crew, valkey: Valkey) -> None:
    valkey.kill()
    crew.beat()
    crew.wait_note("worked without Redis")
