"""Ways out."""

from collections.abc import Generator
from typing import Final, Protocol

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome

NEWS_S: Final = 0.25
"""How long a caller hears nothing at the most: it may want to write down what it knows."""

Answer = tuple[int, Outcome]
"""A delivery's id, and what became of it."""


class Feed(Protocol):
    """Messages, each when it may leave."""

    def take(self, most: int = 1) -> list[Message]:
        """Up to so many messages that may leave now; none while there is none. Made together they cost less each."""
        ...

    def wait_s(self) -> float | None:
        """Seconds after which it is worth asking again; None when nothing more will come."""
        ...

    def may_begin(self) -> bool:
        """Whether the content of a message that was taken may still leave: else it goes back, untried."""
        ...

    def met(self) -> None:
        """The server was met: it has answered."""
        ...

    def stop(self, said: str, *, is_for_good: bool = False) -> None:
        """Nothing more can be sent; `said` is what the server, or the way to it, gave as the reason.

        `is_for_good`: the server refuses the account's name or password.
        """
        ...


class Slots(Protocol):
    """Rations the connections to one server, over all workers."""

    def take(self, held: int) -> bool:
        """Whether one more connection than the `held` ones may be opened; it counts until it is freed."""
        ...

    def free(self) -> None:
        """One is closed."""
        ...


class Transport(Protocol):
    """Sends messages and says, as soon as it is known, what became of each."""

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        """Yield what became known, at least several times a second while it waits (then it may be nothing).

        Over each connection, a message's content leaves only when the caller has come back with the answer for the
        one before: what is not yet written down is at most one message a connection. A message that was taken and is
        never answered for was not sent. Never raises for a fault of the network or the server.
        """
        ...

    def close(self) -> None:
        """Say goodbye to the server. A later `send` connects again."""
        ...
