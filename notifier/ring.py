"""Nudges on the wire: what Celery needs to know of the broker, and the bell that rings through it."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from celery import Celery
from kombu import Connection, Exchange, Queue
from kombu.exceptions import KombuError

from notifier import observe
from notifier.domain.words import Lane
from notifier.queue import Nudge
from notifier.shared import Shared

VISIBILITY_S: Final = 600
QUICK_S: Final = 2.0
BATCH: Final = 500
_EXCHANGE: Final = "notifier"
_ONE_RETRY: Final = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}

_NO_RETRY: Final = {**_ONE_RETRY, "max_retries": 0}

# With one priority step, kombu's queues are lists of their own names.
_WAITING: Final = """
local waiting = 0
for _, queue in ipairs(KEYS) do waiting = waiting + redis.call('LLEN', queue) end
return waiting
"""

_log = observe.log(__name__)


def shared_conf(broker_url: str) -> dict[str, Any]:
    """The Celery configuration that whoever rings and whoever answers must agree on."""
    return {
        "broker_url": broker_url,
        "task_queues": _queues(broker_url),
        "task_default_queue": Lane.BULK.value,
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "result_expires": None,
        "task_ignore_result": True,
        "task_send_sent_event": False,
    }


def consumer_options(broker_url: str) -> dict[str, Any]:
    """Transport options of a worker.

    No socket_timeout: with a frozen Redis it leaks prefetch slots. Keepalive finds the dead peer instead.
    """
    if not is_redis(broker_url):
        return {}
    return {
        "visibility_timeout": VISIBILITY_S,
        "unacked_restore_interval": 15,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 30,
        "queue_order_strategy": "priority",
        "priority_steps": [0],
        "socket_keepalive": True,
        "socket_keepalive_options": _keepalive(),
    }


def publisher_options(broker_url: str) -> dict[str, Any]:
    """Transport options of whoever only rings: give up soon, for a web request or a tick is waiting."""
    if not is_redis(broker_url):
        return dict(_NO_RETRY)
    return {
        # Without these knobs opening a channel tries for ever.
        **_NO_RETRY,
        "visibility_timeout": VISIBILITY_S,
        "priority_steps": [0],
        "socket_timeout": QUICK_S,
        "socket_connect_timeout": QUICK_S,
        "socket_keepalive": True,
    }


def is_redis(url: str) -> bool:
    """Whether the broker is Redis or Valkey (else it is whatever kombu makes of the URL)."""
    return url.startswith(("redis://", "rediss://", "redis+socket://"))


def publisher(broker_url: str) -> Celery:
    """A Celery application that can ring and nothing else."""
    app = Celery("notifier.ring", set_as_current=False)
    app.conf.update(
        shared_conf(broker_url),
        broker_transport_options=publisher_options(broker_url),
        broker_connection_timeout=QUICK_S,
        task_publish_retry=True,
        task_publish_retry_policy=_ONE_RETRY,
    )
    return app


def ring(app: Celery, nudges: Sequence[Nudge]) -> None:
    """Put each nudge into its lane's queue, many in one batch. Raises when the broker does not take them."""
    with app.producer_or_acquire() as producer:
        if len(nudges) == 1:
            _send(app, producer, nudges[0])
            return
        with producer.batch(max_size=BATCH):
            for nudge in nudges:
                _send(app, producer, nudge)


class CeleryBell:
    """Rings through Celery's broker. Never raises: a lost nudge is counted, and the sweep makes up for it."""

    def __init__(self, broker_url: str) -> None:
        self._app = publisher(broker_url)

    def __call__(self, nudges: Sequence[Nudge]) -> None:
        """Ring these, or log and count that nobody heard."""
        if not nudges:
            return
        try:
            ring(self._app, nudges)
        except Exception as fault:  # noqa: BLE001 - whatever the broker did, the rows are committed and the request goes on
            observe.NUDGES_LOST.inc(len(nudges))
            _log.warning("nudges_lost", fault=type(fault).__name__, count=len(nudges), first=_label(nudges[0]))

    def close(self) -> None:
        """Close the connections to the broker."""
        self._app.close()


class Queues:
    """A quick look at the lanes' queues, for whoever is about to go on sending."""

    def __init__(self, shared: Shared) -> None:
        self._ask = shared.script(_WAITING)

    def is_awaited(self, lane: Lane) -> bool:
        """Whether a nudge of a more urgent lane waits; True where that cannot be told, for then it may."""
        lanes = list(Lane)
        before = [one.value for one in lanes[: lanes.index(lane)]]
        if not before:
            return False
        waiting = self._ask(before, [])
        return waiting is None or int(waiting) > 0


def queue_depths(broker_url: str) -> dict[Lane, int] | None:
    """How many nudges wait in each lane; None when the broker does not answer."""
    try:
        with quick_connection(broker_url) as connection:
            return {lane: _depth(connection, lane) for lane in Lane}
    except (OSError, KombuError):
        return None


def answers(broker_url: str) -> bool:
    """Whether the broker answers within a few seconds."""
    try:
        with quick_connection(broker_url):
            return True
    except (OSError, KombuError):
        return False


@contextmanager
def quick_connection(broker_url: str) -> Iterator[Connection]:
    """A connection for one look. Raises OSError or KombuError within seconds when the broker does not answer."""
    options = publisher_options(broker_url)
    with Connection(broker_url, connect_timeout=QUICK_S, transport_options=options) as connection:
        # ensure_connection turns the transport's own exceptions into kombu's OperationalError.
        connection.ensure_connection(max_retries=0)
        yield connection


def _depth(connection: Connection, lane: Lane) -> int:
    # A channel of its own: RabbitMQ closes the one on which an unknown queue was asked for.
    channel = connection.channel()
    try:
        return int(channel.queue_declare(queue=lane.value, passive=True).message_count)
    except connection.channel_errors:
        return 0
    finally:
        channel.close()


def _send(app: Celery, producer: Any, nudge: Nudge) -> None:  # noqa: ANN401 - kombu ships no types
    app.send_task(
        nudge.task.value,
        args=nudge.args,
        queue=nudge.lane.value,
        expires=nudge.expires_s,
        producer=producer,
        ignore_result=True,
    )


def _queues(broker_url: str) -> list[Queue]:
    # The order is the priority: kombu's "priority" strategy drains the first queue first.
    exchange = Exchange(_EXCHANGE, type="direct")
    arguments = None if is_redis(broker_url) else {"x-queue-type": "quorum"}
    return [Queue(lane.value, exchange, routing_key=lane.value, queue_arguments=arguments) for lane in Lane]


def _keepalive() -> dict[int, int]:
    wanted = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}


def _label(nudge: Nudge) -> str:
    return f"{nudge.task.value}{nudge.args}"
