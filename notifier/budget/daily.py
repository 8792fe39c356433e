"""How many letters an account may send in a day while it warms up: counted in Redis, by all workers together.

A Redis that was emptied in mid-day is told by the books what has left, before it grants anything.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from notifier.budget.grants import Grant
from notifier.domain.warmup import RESERVED, Ramp, left
from notifier.shared import CAUTION, Shared

AGAIN_S: Final = 600.0
"""When the day is used up: others may give back what they did not send, and another account may come back."""
_KEPT_S: Final = 2 * 86_400

Left = Callable[[str, datetime], tuple[int, int] | None]
"""An account and a moment -> what has left by it since midnight UTC, urgent and others; None where nobody can tell."""

# KEYS: the day of an account. ARGV: letters of the day, its reserve, urgent or not (1, 0), letters wanted (below zero:
# given back), seconds to keep, and what had left already, urgent and others; both empty where that was not asked.
# Gives {granted, urgent, others}; nothing where the day is not known and was not told.
_TAKE: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  if ARGV[6] == '' then return {} end
  redis.call('HSET', KEYS[1], 'urgent', ARGV[6], 'others', ARGV[7])
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
local cap, kept, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local field = ARGV[3] == '1' and 'urgent' or 'others'
local row = redis.call('HMGET', KEYS[1], 'urgent', 'others')
local urgent, others = tonumber(row[1] or 0), tonumber(row[2] or 0)
local free = cap - urgent - others
if field == 'others' then free = cap - math.max(kept, urgent) - others end
local got = math.max(wanted, -tonumber(field == 'urgent' and urgent or others))
if wanted > 0 then got = math.max(0, math.min(wanted, free)) end
if got ~= 0 then
  redis.call('HINCRBY', KEYS[1], field, got)
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
return {got, urgent, others}
"""


@dataclass(frozen=True, slots=True)
class Today:
    """An account's day while it warms up."""

    day: int
    """Of the ramp; the first is 0, below zero before it begins."""
    days: int
    cap: int
    sent: int


class Daily:
    """The days of the accounts that warm up; the others have no limit and cost no question.

    While Redis is away a process counts alone, and allows itself a quarter. Safe for threads.
    """

    def __init__(
        self, shared: Shared | None = None, ramps: Mapping[str, Ramp] | None = None, left: Left | None = None
    ) -> None:
        """`shared` None: this process alone sends, as in tests. `left` None: a day that is not known is a new one."""
        self._left = left or (lambda _account, _now: (0, 0))
        self._ramps = ramps or {}
        self._ask = shared.script(_TAKE) if shared else None
        self._own: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def take(self, account: str, wanted: int, now: datetime, *, is_urgent: bool = False) -> Grant:
        """How many of `wanted` may leave today, and if none, when it is worth asking again. Never waits or raises."""
        cap = self._cap(account, now)
        if cap is None:
            return Grant(wanted)
        got, _, _ = self._count(account, cap, wanted, now, is_urgent=is_urgent)
        return Grant(got, 0.0 if got else min(AGAIN_S, _until_tomorrow_s(now)))

    def give_back(self, account: str, count: int, now: datetime, *, is_urgent: bool = False) -> None:
        """Return what was granted and has not left."""
        cap = self._cap(account, now)
        if cap is not None and count > 0:
            self._count(account, cap, -count, now, is_urgent=is_urgent)

    def today(self, account: str, now: datetime) -> Today | None:
        """How an account's day is; None for one that has no ramp, or is past it."""
        cap = self._cap(account, now)
        if cap is None:
            return None
        _, urgent, others = self._count(account, cap, 0, now, is_urgent=False)
        ramp = self._ramps[account]
        return Today(ramp.day_of(now.astimezone(UTC).date()), ramp.days, cap, urgent + others)

    def all(self, now: datetime) -> dict[str, Today]:
        """Every account that warms up."""
        return {name: day for name in self._ramps if (day := self.today(name, now)) is not None}

    def _cap(self, account: str, now: datetime) -> int | None:
        ramp = self._ramps.get(account)
        return ramp.cap(now.astimezone(UTC).date()) if ramp else None

    def _count(self, account: str, cap: int, wanted: int, now: datetime, *, is_urgent: bool) -> tuple[int, int, int]:
        key = _key(account, now)
        if self._ask is not None:
            kept = -int(-cap * RESERVED // 1)
            told = [cap, kept, int(is_urgent), wanted, _KEPT_S]
            answer = self._ask([key], [*told, "", ""])
            if answer == []:
                # Of two that ask the books at once, the first is believed.
                if (left := self._left(account, now)) is None:
                    return 0, 0, cap
                answer = self._ask([key], [*told, *left])
            if answer:
                got, urgent, others = map(int, answer)
                return got, urgent, others
            cap //= CAUTION
        with self._lock:
            return self._alone(key, cap, wanted, is_urgent=is_urgent)

    def _alone(self, key: str, cap: int, wanted: int, *, is_urgent: bool) -> tuple[int, int, int]:
        if key not in self._own and len(self._own) > len(self._ramps):
            self._own.clear()  # Yesterday's.
        row = self._own.setdefault(key, [0, 0])
        urgent, others = row
        free = left(cap, urgent, others, is_urgent=is_urgent)
        place = 0 if is_urgent else 1
        got = min(wanted, free) if wanted > 0 else max(wanted, -row[place])
        row[place] += got
        return got, urgent, others


def _key(account: str, now: datetime) -> str:
    # An account's name may be an address, and no address goes into Redis.
    name = hashlib.sha256(account.encode()).hexdigest()[:32]
    return f"notifier:day:{{{name}}}:{now.astimezone(UTC):%Y-%m-%d}"


def _until_tomorrow_s(now: datetime) -> float:
    utc = now.astimezone(UTC)
    return (utc.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - utc).total_seconds()
