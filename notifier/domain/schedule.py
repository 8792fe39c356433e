"""When a reader's digest is due: their local hour, in their zone, whatever daylight saving does."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from notifier.domain.words import Frequency

EVERY_DAY: Final = 0b1111111
_DAYS: Final = 8
"""In so many days each day of the week has come, and no clock that is put back is in the way."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A reader's digest hours; weekday 0 is Monday."""

    time_zone: str
    hour: int
    weekday: int
    """Of the weekly digest."""
    days: int = EVERY_DAY
    """Of the daily digest, at least one: a bit for each weekday, Monday's the lowest."""

    def has_day(self, frequency: Frequency, weekday: int) -> bool:
        """Whether a digest of this frequency comes on this weekday."""
        if frequency is Frequency.WEEKLY:
            return weekday == self.weekday
        return bool(self.days >> weekday & 1)


def last_slot(frequency: Frequency, hours: Hours, now: datetime) -> datetime:
    """The latest moment at or before `now` at which a digest of this frequency was due, in UTC."""
    if frequency is Frequency.HOURLY:
        return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = now.astimezone(zone_of(hours.time_zone)).date()
    for back in range(9):
        candidate = day - timedelta(days=back)
        if not hours.has_day(frequency, candidate.weekday()):
            continue
        slot = local(datetime.combine(candidate, time(hours.hour)), hours.time_zone)
        if slot <= now:
            return slot
    raise ValueError(f"no slot of {frequency} in the nine days before {now}")


def previous_slot(frequency: Frequency, hours: Hours, slot: datetime) -> datetime:
    """The slot before this one."""
    return last_slot(frequency, hours, slot - timedelta(microseconds=1))


def next_slot(frequency: Frequency, hours: Hours, now: datetime) -> datetime:
    """The first slot after `now`."""
    step = timedelta(hours=1) if frequency is Frequency.HOURLY else timedelta(days=1)
    ahead = (last_slot(frequency, hours, now + n * step) for n in range(1, _DAYS + 2))
    return next(slot for slot in ahead if slot > now)


def is_zone(name: str) -> bool:
    """Whether this is an IANA time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def zone_of(name: str) -> tzinfo:
    """The zone of this name; UTC for one that this machine no longer knows, so that no digest is lost."""
    return ZoneInfo(name) if is_zone(name) else UTC


def local(wall: datetime, time_zone: str) -> datetime:
    """A wall-clock time as a UTC moment.

    In the hour that daylight saving skips, the moment the clock jumps past it; in the hour that comes twice, the first.
    """
    return wall.replace(tzinfo=zone_of(time_zone), fold=0).astimezone(UTC)


def next_slots(frequency: Frequency, hours: Hours, now: datetime, until: datetime) -> list[datetime]:
    """The slots after `now`, up to `until`, the next one first."""
    found: list[datetime] = []
    slot = last_slot(frequency, hours, until)
    while slot > now:
        found.append(slot)
        slot = previous_slot(frequency, hours, slot)
    return found[::-1]
