"""The pace of letters about a thread: no comment waits too long, no letter comes too soon, none is lost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.quiet import Quiet
from notifier.domain.timing import DAY, Pace, Past, Waiting, Way, Why, due, is_last, turn

NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
BAGHDAD = "Asia/Baghdad"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOLD = 5 * MINUTE
NIGHT_MOST = timedelta(hours=9, minutes=30)
"""Eight quiet hours, and what a change of the clock may add."""
PACE = Pace()
ZONES = st.sampled_from([BAGHDAD, "Asia/Tehran", "Europe/London", "America/New_York", "Pacific/Apia", "Africa/Cairo"])


def one(at: datetime, count: int = 1) -> Waiting:
    return Waiting(count, at, at + HOLD)


def test_the_first_letter_leaves_right_after_the_hold() -> None:
    assert turn(PACE, Past(), one(NOON), BAGHDAD, NOON + HOLD).way is Way.LETTER
    assert due(PACE, Past(), one(NOON, 50)) == NOON + HOLD


def test_the_next_waits_for_the_gap_and_a_minute_a_comment_but_an_hour_at_most() -> None:
    past = Past(letters=(NOON,), unanswered=1)
    assert due(PACE, past, one(NOON + MINUTE, 3)) == NOON + 18 * MINUTE
    assert due(PACE, past, one(NOON + MINUTE, 300)) == NOON + 61 * MINUTE
    assert turn(PACE, past, one(NOON + MINUTE, 3), BAGHDAD, NOON + 17 * MINUTE).at == NOON + 18 * MINUTE


def test_gaps_double_while_nobody_reads_up_to_a_day() -> None:
    gaps = [PACE.gap_after(unanswered) for unanswered in range(12)]
    assert gaps[:5] == [15 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR]
    assert gaps[-1] == DAY


def test_the_fifth_letter_in_a_day_is_the_last_and_what_follows_is_daily() -> None:
    letters = tuple(NOON + n * HOUR for n in range(4))
    assert is_last(PACE, Past(letters=letters), NOON + 5 * HOUR)
    assert not is_last(PACE, Past(letters=letters), NOON + 25 * HOUR)
    past = Past(letters=(*letters, NOON + 4 * HOUR))
    found = turn(PACE, past, one(NOON + 5 * HOUR), BAGHDAD, NOON + 10 * HOUR)
    assert (found.way, found.why) == (Way.DIGEST, Why.THREAD)


def test_the_thirteenth_letter_of_a_day_joins_the_digest() -> None:
    assert turn(PACE, Past(that_day=11), one(NOON), BAGHDAD, NOON + HOUR).way is Way.LETTER
    assert turn(PACE, Past(that_day=12), one(NOON), BAGHDAD, NOON + HOUR).why is Why.PERSON


def test_what_nobody_asked_for_goes_daily_after_a_week_without_a_sign_of_life() -> None:
    asleep = Past(is_implicit=True, alive_at=NOON - timedelta(days=7))
    assert turn(PACE, asleep, one(NOON), BAGHDAD, NOON + HOUR).why is Why.IDLE
    awake_ = Past(is_implicit=True, alive_at=NOON - timedelta(days=6))
    assert turn(PACE, awake_, one(NOON), BAGHDAD, NOON + HOUR).way is Way.LETTER


def test_nothing_leaves_between_eleven_and_seven_where_the_reader_lives() -> None:
    late = datetime(2026, 11, 23, 19, 58, tzinfo=UTC)
    assert turn(PACE, Past(), one(late), BAGHDAD, late + HOLD).at == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert turn(PACE, Past(), one(late), "Europe/London", late + HOLD).way is Way.LETTER
    # Due before eleven, and looked at only after it.
    assert turn(PACE, Past(), one(late - HOUR), BAGHDAD, late + HOLD).way is Way.WAIT


def test_without_quiet_hours_the_night_is_as_good_as_the_day() -> None:
    assert Quiet(7, 7).ends(NOON + 12 * HOUR, BAGHDAD) == NOON + 12 * HOUR


@given(ZONES, st.datetimes(datetime(2024, 1, 2), datetime(2028, 1, 1)), st.integers(0, 23), st.integers(0, 23))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_quiet_hours_end_and_end_on_time(zone: str, wall: datetime, begins: int, ends: int) -> None:
    quiet, at = Quiet(begins, ends), wall.replace(tzinfo=UTC)
    found = quiet.ends(at, zone)
    assert not quiet.holds(found, zone)
    assert at <= found <= at + timedelta(hours=25)
    if found > at:
        # Where spring skips the very hour, the clock shows the next.
        assert found.astimezone(ZoneInfo(zone)).hour in {ends, (ends + 1) % 24}


# -- whole stories: comments come, somebody reads or does not -----------------------------------------------------


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[timedelta, bool]]:
    """Minutes between comments, and whether the person looks in at that moment."""
    gaps = st.one_of(st.integers(0, 5), st.integers(0, 300), st.integers(0, 3000)).map(lambda n: n * MINUTE)
    return draw(st.lists(st.tuples(gaps, st.booleans()), min_size=1, max_size=60))


class Reader:
    """One person and one thread, looked at every minute as the planner would."""

    def __init__(self, pace: Pace, zone: str) -> None:
        self.pace, self.zone, self.past = pace, zone, Past()
        self.waiting: list[datetime] = []
        self.letters: list[tuple[datetime, int]] = []
        self.told: dict[datetime, int] = {}
        self.waits: list[timedelta] = []
        self.gaps: list[tuple[timedelta, timedelta]] = []
        self.daily = 0

    def look(self, now: datetime) -> None:
        ready = [at for at in self.waiting if at + HOLD <= now]
        if not ready:
            return
        found = turn(self.pace, self.past, Waiting(len(ready), ready[0], ready[0] + HOLD), self.zone, now)
        if found.way is Way.WAIT:
            assert found.at > now
            return
        self.waiting = [at for at in self.waiting if at not in ready]
        if found.way is Way.DIGEST:
            self.daily += len(ready)
            return
        least = self.pace.gap_after(self.past.unanswered)
        if self.past.letters:
            self.gaps.append((now - self.past.letters[-1], least))
        most = max(self.pace.waits_most, HOLD)
        if self.past.letters:
            most = max(most, self.past.letters[-1] + least - ready[0])
        self.waits.append(now - ready[0] - most)
        self.letters.append((now, len(ready)))
        kept = (*self.past.letters, now)[-self.pace.letters_per_thread :]
        self.past = Past(letters=kept, unanswered=self.past.unanswered + 1)


@settings(max_examples=60, deadline=None)
@given(stories(), ZONES, st.booleans())
def test_no_comment_waits_too_long_no_letter_comes_too_soon_and_none_is_lost(
    story: list[tuple[timedelta, bool]],
    zone: str,
    is_quiet: bool,  # noqa: FBT001 - Hypothesis gives it
) -> None:
    pace = Pace() if is_quiet else Pace(quiet=Quiet(7, 7))
    reader, now = Reader(pace, zone), NOON
    for gap, looks_in in story:
        until = now + gap
        while now < until:
            reader.look(now)
            now += MINUTE
        if looks_in:
            reader.past = Past(letters=reader.past.letters)
        reader.waiting.append(now)
    # A day is the longest gap there is, and the night after it the longest wait.
    until = now + DAY + NIGHT_MOST + HOUR
    while now <= until and reader.waiting:
        reader.look(now)
        now += 5 * MINUTE
    assert reader.waiting == []
    assert sum(count for _, count in reader.letters) + reader.daily == len(story)
    assert all(real >= least for real, least in reader.gaps)
    assert all(over <= 5 * MINUTE + (NIGHT_MOST if is_quiet else timedelta()) for over in reader.waits)
    moments = [at for at, _ in reader.letters]
    assert all(sum(at - DAY < other <= at for other in moments) <= pace.letters_per_thread for at in moments)
    if is_quiet:
        assert all(7 <= at.astimezone(ZoneInfo(zone)).hour < 23 for at in moments)
