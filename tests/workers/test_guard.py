"""The guard around messages that are unacknowledged when the connection goes."""

from collections.abc import Iterator
from typing import Any

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from notifier.ring import consumer_options
from workers.guard import GuardedQoS


@pytest.fixture
def channel(redis_url: str) -> Iterator[Any]:
    options = consumer_options(redis_url)
    with Connection(redis_url, transport="workers.guard:GuardedTransport", transport_options=options) as connection:
        yield connection.channel()


def test_restoring_to_a_closed_connection_forgets_instead_of_failing(channel: Any) -> None:
    assert isinstance(channel.qos, GuardedQoS)
    channel.qos._delivered["tag"] = "message"  # noqa: SLF001 - kombu has no public way to it
    channel.connection.client = None
    channel.qos.restore_unacked_once()
    assert not channel.qos._delivered  # noqa: SLF001 - the same


def test_acknowledging_on_a_closed_channel_is_a_lost_connection(channel: Any) -> None:
    connection = channel.connection
    channel.close()
    assert channel.connection is None
    with pytest.raises(RedisConnectionError):
        channel.qos.ack("tag")
    assert isinstance(RedisConnectionError(), connection.connection_errors)
