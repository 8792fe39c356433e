"""The ramp of a new sender."""

from datetime import date, timedelta

import pytest

from notifier.domain.warmup import Ramp, left, reserve

FIRST = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("day", "cap"), [(-1, 0), (0, 200), (1, 236), (7, 650), (20, 5813), (40, 168989), (41, 200_000)]
)
def test_it_grows_a_thousandfold_in_six_weeks(day: int, cap: int) -> None:
    assert Ramp(FIRST).cap(FIRST + timedelta(days=day)) == cap


def test_it_ends_and_then_nothing_limits() -> None:
    assert Ramp(FIRST).cap(FIRST + timedelta(days=42)) is None


def test_it_follows_its_own_numbers() -> None:
    ramp = Ramp(FIRST, first=50, times=16, days=4)
    assert [ramp.cap(FIRST + timedelta(days=n)) for n in range(6)] == [50, 100, 200, 400, 800, None]


def test_a_part_of_the_day_is_kept_for_whoever_waits() -> None:
    assert reserve(200) == 20
    assert left(200, 0, 0, is_urgent=False) == 180
    assert left(200, 0, 180, is_urgent=False) == 0
    assert left(200, 0, 180, is_urgent=True) == 20
    assert left(200, 50, 100, is_urgent=False) == 50, "what the urgent lane used beyond its reserve is everybody's"
    assert left(200, 50, 150, is_urgent=True) == 0
