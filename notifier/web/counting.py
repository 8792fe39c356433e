"""Counts of the last hour or minute, shared by all web processes in Redis, and kept here while Redis is away."""

import hashlib
import hmac
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.shared import Shared
from notifier.web.limits import household

HOUR_S: Final = 3600
KEPT_MAX: Final = 50_000
HASH_CHARACTERS: Final = 32

# Counting and setting the end in one step: a key without an end would refuse its address for ever.
_COUNT: Final = """
local found = {}
for i, key in ipairs(KEYS) do
  local by = tonumber(ARGV[2 * i])
  if by == 0 then
    found[i] = tonumber(redis.call('GET', key) or 0)
  else
    found[i] = redis.call('INCRBY', key, by)
    if found[i] == by then redis.call('EXPIRE', key, ARGV[2 * i - 1]) end
  end
end
return found
"""


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to count within a fixed window."""

    name: str
    window_s: int
    ago: int = 0
    """How many windows back; the present one unless said otherwise."""
    by: int = 1
    """0 only looks."""
    is_once: bool = False
    """No window of the clock: counted from its first time on, for `window_s`."""

    @property
    def kept_s(self) -> int:
        """How long its count is kept: a window that is over may still be looked at while the next one lasts."""
        return self.window_s if self.is_once else 2 * self.window_s


class Counts:
    """How often each thing was met in its window; names reach Redis as keyed hashes only. Safe for threads."""

    def __init__(self, shared: Shared, secret: str) -> None:
        self._secret = secret.encode()
        self._ask = shared.script(_COUNT)
        self._own: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def __call__(self, ticks: Sequence[Tick], now: datetime) -> list[int]:
        """The counts after these ticks, in one question to Redis; without it, those of this process alone."""
        at = now.timestamp()
        keys = [self._key(one, at) for one in ticks]
        found = self._ask(keys, [value for one in ticks for value in (one.kept_s, one.by)])
        if found is not None:
            return [int(one) for one in found]
        with self._lock:
            return [self._here(key, one, at) for key, one in zip(keys, ticks, strict=True)]

    def _here(self, key: str, tick: Tick, at: float) -> int:
        count, until = self._own.get(key, (0, 0.0))
        count = tick.by + (count if until > at else 0)
        if tick.by:
            if len(self._own) >= KEPT_MAX:
                for oldest in list(self._own)[: KEPT_MAX // 10]:
                    del self._own[oldest]
            self._own[key] = count, until if until > at else at + tick.kept_s
        return count

    def _key(self, tick: Tick, at: float) -> str:
        window = 0 if tick.is_once else int(at) // tick.window_s - tick.ago
        digest = hmac.new(self._secret, f"{tick.name}:{window}".encode(), hashlib.sha256)
        return f"notifier:{{signups}}:{digest.hexdigest()[:HASH_CHARACTERS]}"


class Hourly:
    """How often one asker may do one thing in an hour: a network, or any other word."""

    def __init__(self, counts: Counts, what: str, most: int) -> None:
        self._counts = counts
        self._what = what
        self._most = most

    def allows(self, who: str, now: datetime) -> bool:
        """Count once more, and say whether it is within the limit."""
        (count,) = self._counts([Tick(f"{self._what}:{household(who) or who}", HOUR_S)], now)
        return count <= self._most
