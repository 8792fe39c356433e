"""The breaker: the same in memory and in Valkey, by a clock of the test's own."""

from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from notifier.accounts import Breaker, LocalBreaker, RedisBreaker, State
from notifier.embedded.valkey import Valkey
from notifier.shared import Shared

Make = Callable[[], Breaker]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "valkey"])
def breaker(request: pytest.FixtureRequest, clock: Clock, empty_redis_url: str) -> Iterator[Breaker]:
    shared = Shared(empty_redis_url)
    yield LocalBreaker(30, clock) if request.param == "memory" else RedisBreaker(shared, 30, clock)
    shared.close()


def down(breaker: Breaker, times: int = 3) -> None:
    for _ in range(times):
        breaker.heard("relay", is_up=False)


def test_three_faults_in_a_row_open_it(breaker: Breaker) -> None:
    down(breaker, 2)
    assert breaker.wait_s("relay") == 0
    breaker.heard("relay", is_up=True)
    down(breaker, 2)
    assert breaker.wait_s("relay") == 0
    down(breaker, 1)
    assert breaker.wait_s("relay") == 30
    assert breaker.state("relay") == State(is_up=False, wait_s=30)
    assert breaker.wait_s("another") == 0


def test_one_caller_probes_and_success_closes_it(breaker: Breaker, clock: Clock) -> None:
    down(breaker)
    clock.now += 30
    assert [breaker.wait_s("relay") for _ in range(3)] == [0, 60, 60]
    assert not breaker.state("relay").is_up
    breaker.heard("relay", is_up=True)
    assert breaker.wait_s("relay") == 0
    assert breaker.state("relay") == State()


def test_a_probe_that_never_answers_is_followed_by_another(breaker: Breaker, clock: Clock) -> None:
    down(breaker)
    clock.now += 30
    assert breaker.wait_s("relay") == 0
    clock.now += 60
    assert [breaker.wait_s("relay") for _ in range(2)] == [0, 60]


def test_each_probe_that_fails_doubles_the_wait_up_to_ten_minutes(breaker: Breaker, clock: Clock) -> None:
    down(breaker)
    waits = []
    for _ in range(7):
        waits.append(breaker.state("relay").wait_s)
        clock.now += waits[-1]
        assert breaker.wait_s("relay") == 0
        down(breaker, 1)
        down(breaker, 2)  # Those who were on their way when it opened change nothing.
    assert waits == [30, 60, 120, 240, 480, 600, 600]


def test_a_wrong_password_opens_it_at_once_and_for_longest(breaker: Breaker, clock: Clock) -> None:
    breaker.heard("relay", is_up=False, is_refused=True)
    assert breaker.state("relay") == State(is_up=False, is_refused=True, wait_s=600)
    clock.now += 600
    assert breaker.wait_s("relay") == 0
    breaker.heard("relay", is_up=True)
    assert breaker.state("relay") == State()


def test_workers_share_it_and_whoever_opens_it_says_so_once(empty_redis_url: str, clock: Clock) -> None:
    one, other = (RedisBreaker(Shared(empty_redis_url), 30, clock) for _ in range(2))
    with capture_logs() as lines:
        for breaker in (one, other, one, other, one):
            breaker.heard("relay", is_up=False)
    assert [line["event"] for line in lines] == ["account_down"]
    assert other.wait_s("relay") == 30
    clock.now += 30
    assert sorted([one.wait_s("relay"), other.wait_s("relay")]) == [0, 60]


def test_without_redis_each_process_has_its_own(valkey: Valkey, clock: Clock) -> None:
    breaker = RedisBreaker(Shared(valkey.url), 30, clock)
    valkey.kill()
    down(breaker)
    assert breaker.wait_s("relay") == 30
    assert not breaker.state("relay").is_up
