"""Sites as a busy page needs them, remembered for some seconds: a sign-up shall cost one row, not five questions."""

import threading
import time
from typing import Final

from notifier.db import Database
from notifier.web import places
from notifier.web.places import Place

FRESH_S: Final = 5.0
KNOWN_MAX: Final = 1000


class Directory:
    """Places by slug. Safe for threads; what is not there is asked for each time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, tuple[Place, float]] = {}
        self._lock = threading.Lock()

    def place(self, slug: str) -> Place | None:
        """The site of this slug, as it was within the last seconds."""
        known = self._known.get(slug)
        if known and time.monotonic() < known[1]:
            return known[0]
        with self._db.reading() as session:
            found = places.by_slug(session, slug)
        if found:
            with self._lock:
                if len(self._known) >= KNOWN_MAX:
                    self._known.clear()
                self._known[slug] = found, time.monotonic() + FRESH_S
        return found
