"""The day of an account that warms up: the same in memory and in Valkey, under a clock of the test's own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import redis

from notifier.budget import Daily, Grant, Today
from notifier.domain.warmup import Ramp
from notifier.shared import Shared

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
RAMPS = {"new": Ramp(date(2026, 12, 1))}


@pytest.fixture(params=["memory", "valkey"])
def daily(request: pytest.FixtureRequest, empty_redis_url: str) -> Iterator[Daily]:
    shared = Shared(empty_redis_url)
    yield Daily(shared if request.param == "valkey" else None, RAMPS)
    shared.close()


def test_an_account_without_a_ramp_has_no_limit(daily: Daily) -> None:
    assert daily.take("old", 5000, NOW) == Grant(5000)
    assert daily.today("old", NOW) is None


def test_a_day_gives_what_the_ramp_says_and_no_letter_more(daily: Daily) -> None:
    got = sum(daily.take("new", 50, NOW).count for _ in range(20))
    assert got == 180, "a tenth is kept for the urgent lane"
    assert daily.take("new", 50, NOW) == Grant(0, 600.0)
    assert daily.take("new", 50, NOW, is_urgent=True).count == 20
    assert daily.take("new", 1, NOW, is_urgent=True).count == 0
    found = daily.today("new", NOW)
    assert found
    assert (found.day, found.cap, found.sent) == (0, 200, 200)


def test_what_did_not_leave_can_leave_later(daily: Daily) -> None:
    assert daily.take("new", 180, NOW).count == 180
    daily.give_back("new", 30, NOW)
    assert daily.take("new", 50, NOW).count == 30
    daily.give_back("new", 10_000, NOW)
    assert daily.take("new", 1000, NOW).count == 180, "nobody gives back more than was taken"


def test_the_next_day_begins_anew_and_is_longer(daily: Daily) -> None:
    daily.take("new", 180, NOW)
    late = datetime(2026, 12, 1, 23, 59, 50, tzinfo=UTC)
    assert daily.take("new", 5, late).wait_s == pytest.approx(10)
    assert daily.take("new", 1000, NOW + timedelta(days=1)).count == 236 - 24


def test_before_it_begins_nothing_leaves_and_after_it_ends_everything(daily: Daily) -> None:
    assert daily.take("new", 5, NOW - timedelta(days=1)).count == 0
    assert daily.take("new", 9_000_000, NOW + timedelta(days=42)).count == 9_000_000


def test_a_whole_ramp_sends_exactly_what_it_says(daily: Daily) -> None:
    for day in range(42):
        now = NOW + timedelta(days=day)
        cap = RAMPS["new"].cap(now.date())
        assert cap
        got = daily.take("new", cap, now).count + daily.take("new", cap, now, is_urgent=True).count
        assert got == cap


def test_a_redis_that_was_emptied_is_told_what_has_left(empty_redis_url: str) -> None:
    shared, asked = Shared(empty_redis_url), list[str]()

    def books(account: str, _now: datetime) -> tuple[int, int]:
        asked.append(account)
        return 5, 150

    daily = Daily(shared, RAMPS, books)
    assert daily.take("new", 100, NOW).count == 30
    assert daily.take("new", 100, NOW, is_urgent=True).count == 15
    assert asked == ["new"], "only while the day is not known"
    with redis.from_url(empty_redis_url) as connection:
        connection.flushall()
    assert daily.today("new", NOW) == Today(0, 41, 200, 155)
    assert asked == ["new", "new"]
    shared.close()


def test_nothing_is_granted_while_nobody_can_tell_what_has_left(empty_redis_url: str) -> None:
    shared = Shared(empty_redis_url)
    daily = Daily(shared, RAMPS, lambda _account, _now: None)
    assert daily.take("new", 5, NOW) == Grant(0, 600.0)
    shared.close()


def test_several_workers_together_stay_within_the_day(empty_redis_url: str) -> None:
    shared = [Shared(empty_redis_url) for _ in range(4)]
    workers = [Daily(one, RAMPS) for one in shared]
    with ThreadPoolExecutor(4) as pool:
        got = sum(pool.map(lambda n: workers[n % 4].take("new", 7, NOW).count, range(100)))
    assert got == 180
    for one in shared:
        one.close()


def test_while_redis_is_away_a_process_allows_itself_a_quarter() -> None:
    shared = Shared("redis://127.0.0.1:1/0")
    daily = Daily(shared, RAMPS)
    assert sum(daily.take("new", 10, NOW).count for _ in range(10)) == 45
    shared.close()


def test_no_name_of_an_account_reaches_redis(empty_redis_url: str) -> None:
    import redis  # noqa: PLC0415 - only to look at what is there

    shared = Shared(empty_redis_url)
    Daily(shared, {"letters_naba": RAMPS["new"]}).take("letters_naba", 5, NOW)
    with redis.Redis.from_url(empty_redis_url) as client:
        (key,) = client.keys("notifier:day:*")
    assert b"naba" not in key
    shared.close()
