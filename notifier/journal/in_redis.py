"""Pages of the journal in Redis: they outlive the machine that wrote them."""

import math
import time
from typing import Any, Final

import redis

from notifier.shared import ALONE_S, client

FAULTS: Final = (redis.RedisError, OSError)


class InRedis:
    """A list a claim, each entry some ids. Holds ids only: no address, and no word of a server that may repeat one."""

    def __init__(self, redis_url: str, keeps_s: int) -> None:
        self._keeps_s = keeps_s
        self._client = client(redis_url)
        self._connection: Any = None
        """One of our own, on which a note is sent without waiting for its answer; redis-py's is not typed."""
        self._unread = 0
        self._ask_again_at = -math.inf

    def note(self, token: str, ids: list[int], *, is_first: bool) -> bool:
        """Send these on their way to Redis; whether that, and what was sent before, went well.

        What the kernel has taken arrives, even if this process is killed in the next moment.
        """
        said: list[tuple[Any, ...]] = [("RPUSH", _key(token), " ".join(map(str, ids)))]
        return self._say([*said, ("EXPIRE", _key(token), self._keeps_s)] if is_first else said)

    def read(self, token: str) -> set[int] | None:
        """What a page holds; None where Redis is away and so nobody knows."""
        if self._client is None:
            return set()
        try:
            return {int(one) for entry in self._client.lrange(_key(token), 0, -1) for one in entry.split()}
        except FAULTS:
            return None

    def remove(self, token: str) -> None:
        """End a page; where Redis is away it ends by itself."""
        self._say([("DEL", _key(token))])

    def close(self) -> None:
        """Close the connections."""
        self._hang_up()
        if self._client is not None:
            self._client.close()

    def _say(self, commands: list[tuple[Any, ...]]) -> bool:
        if self._client is None or time.monotonic() < self._ask_again_at:
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
        if connection is not None and self._client is not None:
            connection.disconnect()
            self._client.connection_pool.release(connection)


def _key(token: str) -> str:
    return f"notifier:journal:{token}"
