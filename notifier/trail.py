"""Opens and clicks on their way into the database: in Redis for seconds, ids and addresses of articles only."""

import json
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from notifier.domain.traces import Onlooker, TraceKind
from notifier.shared import Shared

KEPT_MAX: Final = 200_000
"""What nobody fetches does not fill Redis: the oldest go."""
_KEY: Final = "notifier:trail"
_PUT: Final = "redis.call('RPUSH', KEYS[1], ARGV[1]) redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1) return 1"
_TAKE: Final = "return redis.call('LPOP', KEYS[1], ARGV[1]) or {}"


@dataclass(frozen=True, slots=True)
class Seen:
    """One open or click as the web met it."""

    kind: TraceKind
    letter_id: int
    at: float
    """Seconds of the epoch."""
    onlooker: Onlooker
    delivery_id: int = 0
    """Of a reader who agreed; 0 for nobody in particular."""
    link: str = ""
    asker: str = ""
    """Keyed hash of a network address: tells the askers of a few seconds apart, and is kept nowhere else."""


class Trail(Protocol):
    """Keeps what was seen until it is counted. Never raises: a count may be lost, a redirect must not be."""

    def put(self, seen: Seen) -> None:
        """Keep one."""
        ...

    def take(self, most: int) -> list[Seen]:
        """The oldest, which are nobody else's from then on."""
        ...


class LocalTrail:
    """In this process alone."""

    def __init__(self) -> None:
        self._kept: deque[Seen] = deque(maxlen=KEPT_MAX)

    def put(self, seen: Seen) -> None:
        """Keep one."""
        self._kept.append(seen)

    def take(self, most: int) -> list[Seen]:
        """The oldest."""
        return [self._kept.popleft() for _ in range(min(most, len(self._kept)))]


class RedisTrail:
    """Shared by all processes; while Redis is away nothing is counted."""

    def __init__(self, shared: Shared) -> None:
        self._put, self._take = shared.script(_PUT), shared.script(_TAKE)

    def put(self, seen: Seen) -> None:
        """Keep one."""
        self._put([_KEY], [json.dumps(asdict(seen), ensure_ascii=False), KEPT_MAX])

    def take(self, most: int) -> list[Seen]:
        """The oldest."""
        return [_read(json.loads(row)) for row in self._take([_KEY], [most]) or ()]


def _read(row: dict[str, Any]) -> Seen:
    return Seen(**{**row, "kind": TraceKind(row["kind"]), "onlooker": Onlooker(row["onlooker"])})
