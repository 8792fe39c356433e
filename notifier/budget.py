"""How many letters may leave now: one exact bucket for all workers together."""

import hashlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier import observe

QUICK_S: Final = 2.0
ALONE_S: Final = 5.0
"""After Redis failed, how long it is not asked again: each question may cost QUICK_S."""
LOG_S: Final = 60.0
CAUTION: Final = 4

_log = observe.log(__name__)

# A bucket is (tokens, time of that count). Redis's own clock, so the workers' clocks do not matter.
_TAKE: Final = """
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if known[1] then
  tokens = math.min(burst, tonumber(known[1]) + math.max(0, now - tonumber(known[2])) * rate / 1000000)
end
local count = math.min(math.floor(tokens), wanted)
tokens = tokens - count
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 60000)
local wait = 0
if count < wanted then wait = math.max(0, 1 - tokens) / rate end
return {count, string.format('%.17g', wait)}
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """How many may leave now, and how many seconds until the next one when that is fewer than wanted."""

    count: int
    wait_s: float = 0.0


class Budget(Protocol):
    """Rations what may be sent through one account."""

    def take(self, account: str, wanted: Mapping[str, int]) -> dict[str, Grant]:
        """Take 0 to `wanted` from the account's ration. Never waits, never raises."""
        ...

    def give_back(self, account: str, unused: Mapping[str, int]) -> None:
        """Give back."""
        ...

    def portion(self, account: str) -> int:
        """Portion."""
        ...


class _Plain:
    _rate: float

    def take(self, account: str, wanted: Mapping[str, int]) -> dict[str, Grant]:
        grant = self._one(account, sum(wanted.values()))
        left, out = grant.count, {}
        for group, count in wanted.items():
            got = min(count, left)
            left -= got
            out[group] = Grant(got, 0.0 if got == count else grant.wait_s)
        return out

    def _one(self, account: str, wanted: int) -> Grant:
        raise NotImplementedError

    def give_back(self, account: str, unused: Mapping[str, int]) -> None:
        """Nothing."""

    def portion(self, account: str) -> int:
        return max(1, int(self._rate / 50))


class LocalBudget(_Plain):
    """A bucket per account in this process's memory."""

    def __init__(self, rate_per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate_per_s
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def _one(self, account: str, wanted: int) -> Grant:
        """Take from this process's own bucket."""
        with self._lock:
            now = self._clock()
            tokens, at = self._buckets.get(account, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - at) * self._rate)
            count = max(0, min(math.floor(tokens), wanted))
            self._buckets[account] = (tokens - count, now)
        return Grant(count, max(0.0, 1 - (tokens - count)) / self._rate if count < wanted else 0.0)


class RedisBudget(_Plain):
    """One bucket per account in Redis, shared by all workers.

    While Redis is away each process goes on by itself at a quarter of the rate.
    """

    def __init__(self, redis_url: str, rate_per_s: float, burst: int) -> None:
        self._rate = rate_per_s
        self._burst = burst
        self._client = redis.Redis.from_url(
            redis_url, socket_timeout=QUICK_S, socket_connect_timeout=QUICK_S, retry=Retry(NoBackoff(), 0)
        )
        # Sends EVALSHA, and loads the script again where a restart or a flush forgot it.
        self._script = self._client.register_script(_TAKE)
        self._alone = LocalBudget(rate_per_s / CAUTION, max(1, burst // CAUTION))
        self._ask_again_at = -math.inf
        self._log_again_at = -math.inf

    def _one(self, account: str, wanted: int) -> Grant:
        """Take from the common bucket, or from the cautious one of this process while Redis is away."""
        if wanted <= 0:
            return Grant(0)
        if time.monotonic() < self._ask_again_at:
            return self._alone._one(account, wanted)
        try:
            count, wait = self._script(keys=[_key(account)], args=[self._rate, self._burst, wanted])
        except (redis.RedisError, OSError) as fault:
            self._note(fault)
            return self._alone._one(account, wanted)
        return Grant(int(count), float(wait))

    def close(self) -> None:
        """Close the connections to Redis."""
        self._client.close()

    def _note(self, fault: Exception) -> None:
        now = time.monotonic()
        self._ask_again_at = now + ALONE_S
        if now >= self._log_again_at:
            self._log_again_at = now + LOG_S
            _log.warning("budget_without_redis", fault=type(fault).__name__, rate_per_s=self._rate / CAUTION)


def _key(account: str) -> str:
    # An account's name is often an address, and no address goes into Redis.
    return f"notifier:budget:{hashlib.sha256(account.encode()).hexdigest()[:32]}"
