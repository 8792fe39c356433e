"""Digest slots: the reader's hour in their zone, whatever daylight saving does."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.schedule import Hours, is_zone, last_slot, previous_slot
from notifier.domain.words import Frequency

BAGHDAD = Hours("Asia/Baghdad", 8, 5)
ZONES = ["Asia/Baghdad", "Asia/Tehran", "Asia/Kathmandu", "Europe/London", "America/New_York", "Pacific/Apia"]
MOMENTS = st.datetimes(datetime(2024, 1, 2), datetime(2028, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 - Hypothesis wants naive bounds
HOURS = st.builds(Hours, st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 6))
DIGESTS = st.sampled_from([Frequency.HOURLY, Frequency.DAILY, Frequency.WEEKLY])
LONGEST = {
    Frequency.HOURLY: timedelta(hours=1),
    Frequency.DAILY: timedelta(hours=26),
    Frequency.WEEKLY: timedelta(days=7, hours=2),
}


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_eight_in_baghdad_is_five_in_utc() -> None:
    assert last_slot(Frequency.DAILY, BAGHDAD, at(2026, 11, 23, 9)) == at(2026, 11, 23, 5)
    assert last_slot(Frequency.DAILY, BAGHDAD, at(2026, 11, 23, 4, 59)) == at(2026, 11, 22, 5)
    assert last_slot(Frequency.WEEKLY, BAGHDAD, at(2026, 11, 23, 9)) == at(2026, 11, 21, 5)


def test_a_slot_is_its_own_last_slot() -> None:
    assert last_slot(Frequency.DAILY, BAGHDAD, at(2026, 11, 23, 5)) == at(2026, 11, 23, 5)


def test_the_hour_that_spring_skips_comes_when_the_clock_jumps() -> None:
    london = Hours("Europe/London", 1, 6)
    assert last_slot(Frequency.DAILY, london, at(2026, 3, 29, 12)) == at(2026, 3, 29, 1)
    assert last_slot(Frequency.DAILY, london, at(2026, 3, 30, 12)) == at(2026, 3, 30, 0)


def test_the_hour_that_autumn_repeats_comes_once_and_first() -> None:
    london = Hours("Europe/London", 1, 6)
    assert last_slot(Frequency.DAILY, london, at(2026, 10, 25, 12)) == at(2026, 10, 25, 0)
    assert previous_slot(Frequency.DAILY, london, at(2026, 10, 26, 1)) == at(2026, 10, 25, 0)


def test_a_day_that_never_was_is_stepped_over() -> None:
    apia = Hours("Pacific/Apia", 8, 0)
    # Samoa had no 30 December 2011.
    assert last_slot(Frequency.DAILY, apia, at(2011, 12, 31, 0)) == at(2011, 12, 30, 18)
    assert previous_slot(Frequency.DAILY, apia, at(2011, 12, 30, 18)) == at(2011, 12, 29, 18)


@given(DIGESTS, HOURS, MOMENTS)
def test_slots_follow_each_other_without_gap_or_overlap(frequency: Frequency, hours: Hours, now: datetime) -> None:
    last = last_slot(frequency, hours, now)
    before = previous_slot(frequency, hours, last)
    assert before < last <= now
    assert last - before <= LONGEST[frequency]
    assert last_slot(frequency, hours, last) == last
    assert last_slot(frequency, hours, before + (last - before) / 2) == before


def test_a_zone_is_known_or_not_and_never_raises() -> None:
    assert is_zone("Asia/Baghdad")
    assert not any(map(is_zone, ["", "Mars/Base", "../etc/passwd", "/etc/localtime", "Asia/\0", "x" * 5000]))
