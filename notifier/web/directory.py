"""Sites as a busy page needs them, remembered for some seconds: a sign-up shall cost one row, not five questions."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from notifier import readers
from notifier.consent.signup import Grounds
from notifier.parts import Parts
from notifier.web import places
from notifier.web.places import Place

FRESH_S: Final = 5.0
KNOWN_MAX: Final = 1000
Found = TypeVar("Found")


class _Remembered(Generic[Found]):
    """What was found by name within the last seconds. Safe for threads."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[Found, float]] = {}
        self._lock = threading.Lock()

    def fresh(self, name: object) -> Found | None:
        known = self._known.get(name)
        return known[0] if known and time.monotonic() < known[1] else None

    def get(self, name: object, find: Callable[[], Found]) -> Found:
        known = self.fresh(name)
        if known is not None:
            return known
        found = find()
        if found is not None:  # What is not there may be there in a moment.
            with self._lock:
                if len(self._known) >= KNOWN_MAX:
                    self._known.clear()
                self._known[name] = found, time.monotonic() + FRESH_S
        return found


class Directory:
    """Sites by slug, and what their sign-ups stand on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._places = _Remembered[Place | None]()
        self._grounds = _Remembered[Grounds]()

    async def place_soon(self, slug: str) -> Place | None:
        """The same for a coroutine: what must be asked for first is, in another thread."""
        return self._places.fresh(slug) or await run_in_threadpool(self.place, slug)

    async def grounds_soon(self, slug: str, topics: tuple[str, ...]) -> Grounds:
        """The same as `grounds` for a coroutine. Raises `consent.signup.Invalid`."""
        known = self._grounds.fresh((slug, topics))
        return known if known is not None else await run_in_threadpool(self.grounds, slug, topics)

    def place(self, slug: str) -> Place | None:
        """The site of this slug, as it was within the last seconds."""
        return self._places.get(slug, lambda: self._place(slug))

    def grounds(self, slug: str, topics: tuple[str, ...]) -> Grounds:
        """What a sign-up stands on, as it was within the last seconds. Raises `consent.signup.Invalid`."""
        return self._grounds.get((slug, topics), lambda: readers.grounds(self._parts, slug, topics))

    def _place(self, slug: str) -> Place | None:
        with self._parts.db.reading() as session:
            return places.by_slug(session, slug)
