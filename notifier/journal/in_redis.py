"""Pages of the journal in Redis: they outlive the machine that wrote them."""

import math
import time
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

QUICK_S: Final = 2.0
ALONE_S: Final = 5.0
"""After Redis failed, how long it is not asked again: each question may cost QUICK_S."""
FAULTS: Final = (redis.RedisError, OSError)


class InRedis:
    """A list of ids a claim. Holds ids only: no address, and no word of a server that may repeat one."""

    def __init__(self, redis_url: str, keeps_s: int) -> None:
        self._keeps_s = keeps_s
        self._client = redis.Redis.from_url(
            redis_url, socket_timeout=QUICK_S, socket_connect_timeout=QUICK_S, retry=Retry(NoBackoff(), 0)
        )
        self._connection: Any = None
        """One of our own, on which a note is sent without waiting for its answer; redis-py's is not typed."""
        self._unread = 0
        self._ask_again_at = -math.inf

    def note(self, token: str, ids: list[int], *, is_first: bool) -> bool:
        """Send these on their way to Redis; whether that, and what was sent before, went well.

        What the kernel has taken arrives, even if this process is killed in the next moment.
        """
        said = [("RPUSH", _key(token), *ids)]
        return self._say([*said, ("EXPIRE", _key(token), self._keeps_s)] if is_first else said)

    def read(self, token: str) -> set[int]:
        """The letters a page holds; none where Redis is away."""
        try:
            return {int(one) for one in self._client.lrange(_key(token), 0, -1)}
        except FAULTS:
            return set()

    def remove(self, token: str) -> None:
        """End a page; where Redis is away it ends by itself."""
        self._say([("DEL", _key(token))])

    def close(self) -> None:
        """Close the connections."""
        self._hang_up()
        self._client.close()

    def _say(self, commands: list[tuple[Any, ...]]) -> bool:
        if time.monotonic() < self._ask_again_at:
            return False
        try:
            if self._connection is None:
                self._connection = self._client.connection_pool.get_connection()
            # The answers to what was said before; they came while letters were on their way.
            for _ in range(self._unread):
                self._connection.read_response()
            self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)
            self._unread = len(commands)
        except FAULTS:
            self._hang_up()
            self._ask_again_at = time.monotonic() + ALONE_S
            return False
        return True

    def _hang_up(self) -> None:
        connection, self._connection, self._unread = self._connection, None, 0
        if connection is not None:
            connection.disconnect()
            self._client.connection_pool.release(connection)


def _key(token: str) -> str:
    return f"notifier:journal:{token}"
