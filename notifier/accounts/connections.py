"""How many connections an account has open, over all workers: slots with a lease, which a dead worker's lose."""

import hashlib
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from notifier.shared import CAUTION, Shared

LEASE_S: Final = 20.0
RENEW_S: Final = 5.0
DEFAULT: Final = 20

# KEYS: the account's slots, a sorted set of holder:number by the end of their lease.
# ARGV: what (take, free, renew), the lease in seconds, the most there may be, then the names of the slots.
_SLOTS: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ends = string.format('%.6f', now + tonumber(ARGV[2]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now))
local got = {}
if ARGV[1] == 'free' then
  for i = 4, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
  return got
end
local left = #ARGV
if ARGV[1] == 'take' then left = 3 + math.max(0, tonumber(ARGV[3]) - redis.call('ZCARD', KEYS[1])) end
for i = 4, math.min(left, #ARGV) do
  redis.call('ZADD', KEYS[1], ends, ARGV[i])
  table.insert(got, ARGV[i])
end
redis.call('EXPIRE', KEYS[1], math.ceil(tonumber(ARGV[2])) + 60)
return got
"""


class Connections(Protocol):
    """Rations the connections to an account's server. Never waits, never raises."""

    def take(self, account: str, wanted: int) -> int:
        """How many of `wanted` further connections may be opened; each counts until it is freed."""
        ...

    def free(self, account: str, count: int) -> None:
        """So many are closed."""
        ...


class LocalConnections:
    """The slots of this process alone."""

    def __init__(self, most: Mapping[str, int]) -> None:
        self._most = most
        self._held: dict[str, int] = defaultdict(int)

    def take(self, account: str, wanted: int) -> int:
        """As many as are left."""
        count = max(0, min(wanted, self._most.get(account, DEFAULT) - self._held[account]))
        self._held[account] += count
        return count

    def free(self, account: str, count: int) -> None:
        """So many are closed."""
        self._held[account] = max(0, self._held[account] - count)


class RedisConnections:
    """Slots that all workers share. A thread renews them while they are held; those of a dead worker run out.

    While Redis is away a process opens a quarter of the account's connections at the most.
    """

    def __init__(self, shared: Shared, most: Mapping[str, int], lease_s: float = LEASE_S) -> None:
        self._most = most
        self._lease_s = lease_s
        self._ask = shared.script(_SLOTS)
        self._holder = secrets.token_hex(8)
        self._count = 0
        self._lock = threading.Lock()
        self._held: dict[str, list[str]] = defaultdict(list)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, account: str, wanted: int) -> int:
        """As many as all workers together leave over."""
        if wanted <= 0:
            return 0
        with self._lock:
            names = [f"{self._holder}:{self._count + n}" for n in range(wanted)]
            self._count += wanted
            most, held = self._most.get(account, DEFAULT), self._held[account]
            answer = self._say("take", account, names)
            got = names[: max(0, most // CAUTION - len(held)) or int(not held)]
            if answer is not None:
                got = [name.decode() for name in answer]
            held += got
            self._keep()
        return len(got)

    def free(self, account: str, count: int) -> None:
        """So many are closed: others may open theirs."""
        with self._lock:
            held = self._held[account]
            names, self._held[account] = held[:count], held[count:]
            if names:
                self._say("free", account, names)

    def renew(self) -> None:
        """Hold on to what is held; a Redis that was emptied learns of it again."""
        with self._lock:
            for account, names in self._held.items():
                if names:
                    self._say("renew", account, names)

    def close(self) -> None:
        """Free everything; a later `take` begins anew."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(RENEW_S)
        for account in list(self._held):
            self.free(account, len(self._held[account]))
        self._ended, self._thread = threading.Event(), None

    def _keep(self) -> None:
        # Begun late: a thread does not come along when a worker forks.
        if self._thread is None or not self._thread.is_alive():
            args = (self._ended, self._lease_s * RENEW_S / LEASE_S, self.renew)
            self._thread = threading.Thread(target=_every, args=args, name="connection-slots", daemon=True)
            self._thread.start()

    def _say(self, what: str, account: str, names: list[str]) -> list[bytes] | None:
        key = f"notifier:connections:{hashlib.sha256(account.encode()).hexdigest()[:32]}"
        most = self._most.get(account, DEFAULT)
        answer: list[bytes] | None = self._ask([key], [what, self._lease_s, most, *names])
        return answer


def _every(ended: threading.Event, seconds: float, act: Callable[[], None]) -> None:
    while not ended.wait(seconds):
        act()
