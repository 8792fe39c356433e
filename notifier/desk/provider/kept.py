"""A document of the provider's that is fetched when it is first needed, and again when it is old."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from notifier.desk.provider.account import NotProven
from notifier.domain.desk_words import NoEntry

FRESH: Final = timedelta(hours=1)
PAUSE: Final = timedelta(seconds=10)
"""After a failure, and between two fetches that an unknown key asks for: strangers shall not make us a hammer."""

Held = TypeVar("Held")


class Kept(Generic[Held]):
    """One document; safe for threads, which wait for the one that fetches."""

    def __init__(self, load: Callable[[datetime], Held]) -> None:
        self._load = load
        self._held: tuple[Held, datetime] | None = None
        self._failed_at: datetime | None = None
        self._renewed_at: datetime | None = None
        self._lock = threading.Lock()

    def get(self, now: datetime) -> Held:
        """The document. Raises NotProven while the provider is away."""
        with self._lock:
            if self._held and now < self._held[1] + FRESH:
                return self._held[0]
            return self._fetched(now)

    def renewed(self, now: datetime) -> Held:
        """The document as it is this moment, but no oftener than every PAUSE. Raises as above."""
        with self._lock:
            if self._held and self._renewed_at and now < self._renewed_at + PAUSE:
                return self._held[0]
            self._renewed_at = now
            return self._fetched(now)

    def _fetched(self, now: datetime) -> Held:
        if self._failed_at and now < self._failed_at + PAUSE:
            raise NotProven(NoEntry.AWAY)
        try:
            held = self._load(now)
        except NotProven:
            self._failed_at = now
            raise
        self._held, self._failed_at = (held, now), None
        return held
