"""Ways out."""

from collections.abc import Generator, Iterable
from typing import Protocol

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome


class Transport(Protocol):
    """Sends messages one after the other and says at once, for each, what became of it."""

    def send(self, messages: Iterable[Message]) -> Generator[tuple[int, Outcome], None, None]:
        """Yield (delivery id, outcome) for each message, in order.

        Lazily: it takes a message only when it can send it, at most one ahead of the one it answers for. A message's
        content leaves only when the caller has come back with the outcome of the one before. Never raises for a
        fault of the network or the server; such a fault is a `Refused` for each message that met it.
        """
        ...

    def close(self) -> None:
        """Say goodbye to the server. A later `send` connects again."""
        ...
