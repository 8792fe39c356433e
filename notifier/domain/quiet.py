"""Quiet hours: when a reader is left in peace, by the clock where they live."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from notifier.domain.schedule import is_zone, local


class Quiet(NamedTuple):
    """From which hour until which; where both are the same, no hour is quiet."""

    from_h: int = 23
    until_h: int = 7

    def own(self, from_h: int | None, until_h: int | None) -> "Quiet":
        """These hours, or somebody's own where they have chosen both."""
        return self if from_h is None or until_h is None else Quiet(from_h, until_h)

    def has(self, hour: int) -> bool:
        """Whether an hour of the clock, 0 to 23, is one of them."""
        if self.from_h <= self.until_h:
            return self.from_h <= hour < self.until_h
        return hour >= self.from_h or hour < self.until_h

    def holds(self, at: datetime, zone: str) -> bool:
        """Whether it is quiet there at this moment. A zone that this machine no longer knows has no quiet hours."""
        return is_zone(zone) and self.has(at.astimezone(ZoneInfo(zone)).hour)

    def ends(self, at: datetime, zone: str) -> datetime:
        """This moment, or the end of the quiet hours that it falls into."""
        if not self.holds(at, zone):
            return at
        here = at.astimezone(ZoneInfo(zone))
        day = here.date() + timedelta(days=1 if here.hour >= self.until_h else 0)
        return max(at, local(datetime.combine(day, time(self.until_h)), zone))


USUAL: Final = Quiet()


@dataclass(frozen=True, slots=True)
class QuietRules:
    """The quiet hours of who chose none, and whether alerts keep anybody's."""

    usual: Quiet = USUAL
    holds_alerts: bool = True

    def of_alerts(self) -> list[int]:
        """The usual hours as an item keeps them that was announced under these rules; empty where it rang at night."""
        return list(self.usual) if self.holds_alerts else []


class Bedtime(NamedTuple):
    """Where readers live and which quiet hours are their own: all that tells when they are left in peace."""

    time_zone: str
    from_h: int | None
    until_h: int | None

    @property
    def name(self) -> str:
        """As the day's sums keep it."""
        return "|".join("" if one is None else str(one) for one in self)

    @classmethod
    def of(cls, name: str) -> "Bedtime":
        """Read it back."""
        zone, *hours = name.split("|")
        from_h, until_h = (int(one) if one else None for one in hours)
        return cls(zone, from_h, until_h)

    def holds(self, usual: Quiet, at: datetime) -> bool:
        """Whether it is quiet for them at this moment."""
        return usual.own(self.from_h, self.until_h).holds(at, self.time_zone)
