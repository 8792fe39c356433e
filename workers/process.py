"""What one worker process makes once and keeps: the parts that `flow` needs."""

import logging
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from billiard import pool
from celery import signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning

from notifier import observe, settings
from workers import memory

if TYPE_CHECKING:
    from notifier.parts import Parts

FAREWELL_TRIES: Final = 20
"""Tenths of a second that a child which was asked to end waits until its results are read.

A parent that ends reads none any more, and billiard's own 300 are all the grace a container has. A result that nobody
read is a nudge that comes again, which costs nothing.
"""
_QUIETER = ("celery.worker.strategy", "celery.app.trace", "celery.beat")


@cache
def parts() -> "Parts":
    """The parts of this process, made at the first call."""
    # Not at the top: the parent process of the prefork pool needs neither templates nor a database.
    from notifier.assembly import parts as assemble  # noqa: PLC0415 - see above

    return assemble()


def set_up_logs(**_: Any) -> None:  # noqa: ANN401 - a Celery signal
    """Log as the rest of notifier does; Celery's two lines per task are below the level."""
    wanted = settings.current()
    observe.set_up_logs(wanted.log_format, wanted.log_level)
    # One warning per lost connection, about a setting that we chose.
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    # In a container root is nobody in particular; Celery's warning fills half a screen at every start.
    warnings.simplefilter("ignore", SecurityWarning)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(logging.WARNING)


def start_child(**_: Any) -> None:  # noqa: ANN401 - a Celery signal
    """Make the parts before the first task; what came over by fork is not ours."""
    parts.cache_clear()
    parts()
    memory.settle()


def end_child(**_: Any) -> None:  # noqa: ANN401 - a Celery signal
    """Say goodbye to the mail server, Redis and the database."""
    if parts.cache_info().currsize:
        parts().close()


def connect_signals() -> None:
    """Hook these into Celery's life, and let it end soon when it is asked to."""
    pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = FAREWELL_TRIES
    signals.setup_logging.connect(set_up_logs)
    signals.worker_process_init.connect(start_child)
    signals.task_postrun.connect(memory.trim)
    signals.worker_process_shutdown.connect(end_child)
