"""Ways out."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome


class Transport(Protocol):
    """Sends messages one after the other and says at once, for each, what became of it."""

    def send(self, messages: Iterable[Message]) -> Iterator[tuple[int, Outcome]]:
        """Yield (delivery id, outcome) for each message, in order.

        Lazily: it takes the next message only when it can send it. Never raises for a fault of the network or
        the server; such a fault is a `Refused` for each message that met it.
        """
        ...

    def close(self) -> None:
        """Say goodbye to the server. A later `send` connects again."""
        ...
