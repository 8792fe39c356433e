"""The Celery application: `celery -A workers.app worker`, `celery -A workers.app beat`."""

from collections.abc import Sequence
from typing import Any, Final

from celery import Celery

from notifier import ring, settings
from notifier.queue import Task
from workers import process, watchdog

HARD_LIMIT_S: Final = 240
SOFT_LIMIT_S: Final = 210
SOFT_SHUTDOWN_S: Final = 20
CHILD_START_S: Final = 60


def make_app(wanted: settings.Settings, tasks: Sequence[str] = ("workers.tasks",)) -> Celery:
    """A configured application that finds its tasks in the modules `tasks`."""
    app = Celery("notifier", include=list(tasks))
    app.conf.update(ring.shared_conf(wanted.broker), **_worker_conf(wanted.broker), **_beat_conf(wanted.tick_s))
    app.conf.update(notifier_stamp_file=wanted.stamp_file)
    app.steps["consumer"].add(watchdog.Stamp)
    return app


def _worker_conf(broker_url: str) -> dict[str, Any]:
    conf: dict[str, Any] = {
        "broker_transport_options": ring.consumer_options(broker_url),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": HARD_LIMIT_S,
        "task_soft_time_limit": SOFT_LIMIT_S,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_S,
        # Making the parts compiles every template, on a slow machine for seconds.
        "worker_proc_alive_timeout": CHILD_START_S,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
    }
    if ring.is_redis(broker_url):
        conf["broker_transport"] = "workers.guard:GuardedTransport"
    return conf


def _beat_conf(tick_s: float) -> dict[str, Any]:
    tick = {"task": Task.TICK.value, "schedule": tick_s}
    return {"beat_scheduler": "workers.beat:TickScheduler", "beat_schedule": {"tick": tick}}


process.connect_signals()
app = make_app(settings.current())
