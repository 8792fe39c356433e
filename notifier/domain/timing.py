"""When a person's next letter about a thread leaves: prompt, rarer the less it is read, never at night."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifier.domain.quiet import USUAL, Quiet

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """The rules; every one of them is a setting."""

    gap: timedelta = timedelta(minutes=15)
    """Least time between two letters about one thread."""
    per_comment: timedelta = timedelta(seconds=60)
    """Each new comment makes that so much longer: whoever talks fast is read in one go."""
    waits_most: timedelta = timedelta(minutes=60)
    """But no comment waits longer than this for that reason."""
    letters_per_thread: int = 5
    """In any 24 hours; with the last of them the thread turns daily."""
    letters_per_day: int = 12
    """To one person in a local day, about all threads together."""
    quiet: Quiet = USUAL
    idle: timedelta = timedelta(days=7)
    """After so long without a sign of life, what was never asked for comes daily."""

    def with_quiet(self, from_h: int | None, until_h: int | None) -> "Pace":
        """These rules with somebody's own quiet hours; None for the ones that are."""
        return replace(self, quiet=self.quiet.own(from_h, until_h))

    def gap_after(self, unanswered: int) -> timedelta:
        """Least time to the next letter, after so many without a sign of life: it doubles, up to a day."""
        doublings = min(max(unanswered - 1, 0), 20)
        return max(self.gap, min(self.gap * (1 << doublings), DAY))


@dataclass(frozen=True, slots=True)
class Past:
    """What one person had about one thread so far."""

    letters: tuple[datetime, ...] = ()
    """The last of them, the latest last; at least as many as a thread may send in a day."""
    unanswered: int = 0
    that_day: int = 0
    """Letters about any thread on this local day."""
    alive_at: datetime | None = None
    """The last sign of life; of a subscription without any, when it began."""
    is_implicit: bool = False
    is_daily: bool = False
    """Whether the thread comes with the daily digest anyway."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The comments that wait and are past their hold."""

    count: int
    first_at: datetime
    """When the first became news."""
    held_until: datetime
    """When the first of their holds was over."""


class Way(StrEnum):
    """What becomes of the comments that wait."""

    LETTER = "letter"
    WAIT = "wait"
    DIGEST = "digest"


class Why(StrEnum):
    """Why they go with the daily digest."""

    ASKED = "asked"
    IDLE = "idle"
    THREAD = "thread"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done now."""

    way: Way
    at: datetime
    """Of a letter or a wait: the moment it leaves, or is looked at again."""
    why: Why | None = None


def turn(pace: Pace, past: Past, waiting: Waiting, zone: str, now: datetime) -> Turn:
    """Whether these comments leave now, wait, or go with the daily digest."""
    if past.is_daily:
        return Turn(Way.DIGEST, now, Why.ASKED)
    if past.is_implicit and past.alive_at is not None and now - past.alive_at >= pace.idle:
        return Turn(Way.DIGEST, now, Why.IDLE)
    at = pace.quiet.ends(due(pace, past, waiting), zone)
    # What was due at a waking hour may be looked at only in a quiet one.
    at = at if at > now else pace.quiet.ends(now, zone)
    if at > now:
        return Turn(Way.WAIT, at)
    if sent_within_a_day(past.letters, now) >= pace.letters_per_thread:
        return Turn(Way.DIGEST, now, Why.THREAD)
    if past.that_day >= pace.letters_per_day:
        return Turn(Way.DIGEST, now, Why.PERSON)
    return Turn(Way.LETTER, now)


def due(pace: Pace, past: Past, waiting: Waiting) -> datetime:
    """When the next letter would leave, were there no night: the first right after the hold, others with a gap."""
    if not past.letters:
        return waiting.held_until
    soonest = past.letters[-1] + pace.gap_after(past.unanswered)
    wished = soonest + pace.per_comment * waiting.count
    return max(waiting.held_until, soonest, min(wished, waiting.first_at + pace.waits_most))


def is_last(pace: Pace, past: Past, now: datetime) -> bool:
    """Whether the letter that leaves now is the last before its thread turns daily, and says so."""
    return sent_within_a_day(past.letters, now) + 1 >= pace.letters_per_thread


def sent_within_a_day(letters: Sequence[datetime], now: datetime) -> int:
    """How many of these letters left in the last 24 hours."""
    return sum(one > now - DAY for one in letters)
