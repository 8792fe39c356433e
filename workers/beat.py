"""The scheduler: rings the tick, and does the work itself while Redis is away."""

import time
from pathlib import Path
from typing import Any, Final

from celery.beat import ScheduleEntry, Scheduler

from notifier import clock, observe, ring
from notifier.domain.words import Lane
from notifier.queue import Nudge, Task
from workers import process

EXPIRES_S: Final = 60.0
"""A tick older than this is dropped: workers that were away must not find a heap. Wide enough for skewed clocks."""

_log = observe.log(__name__)


class TickScheduler(Scheduler):  # type: ignore[misc]  # Celery ships no types
    """Plain beat, whose publishing gives up after seconds instead of waiting for Redis."""

    work_after_s = 60.0
    """How long Redis may be away before this process does the work, slowly, so that letters leave without it."""

    producer = None  # Celery's own waits for the broker for ever.

    def __init__(self, app: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Celery's own signature
        self._publisher = ring.publisher(app.conf.broker_url)
        self._away_since: float | None = None
        self._stamp_file: Path | None = app.conf.get("notifier_stamp_file")
        super().__init__(app, **kwargs)

    def apply_async(self, entry: ScheduleEntry, **_: Any) -> None:  # noqa: ANN401 - Celery's own signature
        """Ring this entry's task."""
        try:
            ring.ring(self._publisher, [Nudge(Task(entry.task), (), Lane.URGENT, EXPIRES_S)])
        except Exception as fault:  # noqa: BLE001 - whatever the broker did, the next tick tries again
            _log.warning("tick_not_rung", fault=type(fault).__name__)
            self._note_absence()
        else:
            self._away_since = None
        if self._stamp_file is not None:
            self._stamp_file.touch()

    def work_here(self) -> None:
        """One tick in this very process, and then everything that is due."""
        from notifier import upkeep  # noqa: PLC0415 - beat needs none of it as long as Redis is there

        upkeep.tick(process.parts(), clock.now())
        upkeep.drain(process.parts(), clock.now)

    def close(self) -> None:
        """Close the connections to the broker."""
        self._publisher.close()
        super().close()

    def _note_absence(self) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        if now - self._away_since < self.work_after_s:
            return
        _log.warning("working_without_redis", away_s=round(now - self._away_since))
        try:
            self.work_here()
        except Exception:  # noqa: BLE001 - see below
            # The database may be away as well; beat has to live until both are back.
            _log.exception("work_without_redis_failed")
