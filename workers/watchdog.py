"""Finds a worker that is alive but deaf, and ends it so that its supervisor starts another."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from celery import bootsteps
from celery.worker import state

from notifier import observe, ring

STAMP_S: Final = 2.0
DEAF_S: Final = 60.0
EXIT_CODE: Final = 71
_MISSED: Final = 3

_log = observe.log(__name__)


@dataclass(slots=True)
class Pulse:
    """When the event loop came round for the last time."""

    at: float
    file: Path | None = None

    def beat(self) -> None:
        """Note this moment, in the file too: that is what a container's health check looks at."""
        self.at = time.monotonic()
        if self.file is not None:
            self.file.touch()


@dataclass(slots=True)
class Patience:
    """How long something has been wrong without a break."""

    limit_s: float
    since: float | None = None

    def is_over(self, now: float, *, is_wrong: bool) -> bool:
        """Whether it has been wrong for longer than the limit."""
        if not is_wrong:
            self.since = None
            return False
        if self.since is None:
            self.since = now
        return now - self.since > self.limit_s


class Watchdog(threading.Thread):
    """Looks at the pulse and at the prefetch slots; a thread, for the event loop is what it watches."""

    def __init__(self, consumer: Any, pulse: Pulse, limit_s: float) -> None:  # noqa: ANN401 - Celery ships no types
        super().__init__(name="watchdog", daemon=True)
        self._consumer = consumer
        self._pulse = pulse
        self._deaf = Patience(limit_s)
        self._leaking = Patience(limit_s)
        self._every_s = stamp_every_s(limit_s)
        self._is_broker_up: Callable[[], bool] = lambda: ring.answers(consumer.app.conf.broker_url)

    def run(self) -> None:
        """Look, until there is nothing to hope for."""
        while True:
            time.sleep(self._every_s)
            fault = self._fault()
            if fault:
                _log.critical("worker_is_deaf", fault=fault)
                # No clean shutdown: it would need the event loop. The database forgives a kill.
                os._exit(EXIT_CODE)

    def _fault(self) -> str:
        now = time.monotonic()
        # While Redis is down the loop has a reason to stand still.
        is_deaf = now - self._pulse.at > _MISSED * self._every_s and self._is_running() and self._is_broker_up()
        if self._deaf.is_over(now, is_wrong=is_deaf):
            return "event loop"
        if self._leaking.is_over(now, is_wrong=has_leaked_slot(self._consumer)):
            return "prefetch slot"
        return ""

    def _is_running(self) -> bool:
        return bool(self._consumer.blueprint.state == bootsteps.RUN)


class Stamp(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Beats the pulse from the consumer's event loop and keeps the watchdog."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Celery's own signature
        super().__init__(consumer, **kwargs)
        self._pulse = Pulse(time.monotonic(), consumer.app.conf.get("notifier_stamp_file"))
        self._limit_s: float = consumer.app.conf.get("notifier_deaf_s", DEAF_S)
        self._watchdog: Watchdog | None = None

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:  # noqa: ANN401 - Celery's own signature
        """Celery calls this whenever the event loop starts, after a lost connection too."""
        self._pulse.beat()
        hub.call_repeatedly(stamp_every_s(self._limit_s), self._pulse.beat)
        if self._watchdog is None:
            self._watchdog = Watchdog(consumer, self._pulse, self._limit_s)
            self._watchdog.start()


def stamp_every_s(limit_s: float) -> float:
    """Seconds between two stamps: STAMP_S, less where tests have less patience."""
    return min(STAMP_S, limit_s / 10)


def has_leaked_slot(consumer: Any) -> bool:  # noqa: ANN401 - Celery ships no types
    """Whether kombu counts a message as taken that no request of this worker knows, with nothing running."""
    task_consumer = consumer.task_consumer
    qos = getattr(task_consumer and task_consumer.channel, "qos", None)
    delivered, dirty = getattr(qos, "_delivered", None), getattr(qos, "_dirty", None)
    if delivered is None or dirty is None or state.active_requests:
        return False
    return len(delivered) - len(dirty) > len(state.reserved_requests)
