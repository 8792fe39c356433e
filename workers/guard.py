"""A Redis transport that survives the loss of its server while messages are unacknowledged."""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError


class GuardedQoS(redis.QoS):  # type: ignore[misc]  # kombu ships no types
    """Kombu's own, but for a channel whose connection is already closed."""

    def restore_unacked(self, client: Any = None) -> None:  # noqa: ANN401 - kombu's own signature
        """Put unacknowledged messages back, if there is still a way to Redis.

        What is forgotten here comes back by the visibility timeout, and sooner by the sweep.
        """
        if not is_open(self.channel):
            self._delivered.clear()
            return
        super().restore_unacked(client)


class GuardedChannel(redis.Channel):  # type: ignore[misc]  # kombu ships no types
    """A channel that says "no connection" when it has none."""

    QoS = GuardedQoS

    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - kombu's own signature
        # A task that ends after the connection was lost acknowledges on a closed channel. Kombu 5.7 fails there with
        # AttributeError on None, which ends the worker; a ConnectionError is only logged.
        if not is_open(self):
            message = "the channel is closed"
            raise RedisConnectionError(message)
        return super()._connparams(asynchronous=asynchronous)


class GuardedTransport(redis.Transport):  # type: ignore[misc]  # kombu ships no types
    """What `broker_transport` names when the broker is Redis."""

    Channel = GuardedChannel


def is_open(channel: Any) -> bool:  # noqa: ANN401 - kombu ships no types
    """Whether the channel still knows where its server is."""
    return channel.connection is not None and channel.connection.client is not None
