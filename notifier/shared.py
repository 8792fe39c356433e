"""What all workers share, in Redis: scripts that answer, or nothing while Redis is away."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier import observe

QUICK_S: Final = 2.0
ALONE_S: Final = 5.0
"""After Redis failed, how long it is not asked again: each question may cost QUICK_S."""
LOG_S: Final = 60.0
CAUTION: Final = 4
"""Without Redis a process knows of no other: it goes on by itself at a quarter of what all may do."""

Ask = Callable[[Sequence[str], Sequence[str | int | float]], Any]
"""A script's (keys, arguments) to its answer; None while Redis is away. Never raises for a fault of Redis."""

_log = observe.log(__name__)


class Shared:
    """One pool of connections to Redis for all that a process shares with others; safe for threads.

    A broker that is not Redis shares nothing: every question is answered with None.
    """

    def __init__(self, redis_url: str) -> None:
        self._client = client(redis_url)
        self._ask_again_at = -math.inf
        self._log_again_at = -math.inf

    def script(self, text: str) -> Ask:
        """A Lua script, ready to be asked; it is loaded again where a restart or a flush forgot it."""
        if self._client is None:
            return lambda _keys, _args: None
        run = self._client.register_script(text)
        return lambda keys, args: self._try(lambda: run(keys=keys, args=args))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _try(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - a script answers what it likes
        if time.monotonic() < self._ask_again_at:
            return None
        try:
            return ask()
        except (redis.RedisError, OSError) as fault:
            self._note(fault)
            return None

    def _note(self, fault: Exception) -> None:
        now = time.monotonic()
        self._ask_again_at = now + ALONE_S
        if now >= self._log_again_at:
            self._log_again_at = now + LOG_S
            _log.warning("nothing_shared_without_redis", fault=type(fault).__name__)


def client(url: str) -> redis.Redis | None:
    """A client that gives up soon; None for a broker that is not Redis."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"redis", "rediss", "unix", "redis+socket"}:
        return None
    plain = f"unix://{rest}" if scheme == "redis+socket" else url
    limits = {"socket_timeout": QUICK_S, "socket_connect_timeout": QUICK_S}
    return redis.Redis.from_url(plain, **limits, retry=Retry(NoBackoff(), 0))
