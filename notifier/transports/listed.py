"""A feed of messages that are at hand: for one letter on trial, and for tests."""

from collections.abc import Generator, Iterable
from itertools import islice

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused
from notifier.transports import Transport


class Listed:
    """These messages, in order, each when the transport asks for it."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = iter(messages)
        self._is_out = False
        self.fault = ""
        """Why the transport stopped, if it did."""
        self.is_for_good = False

    def take(self, most: int = 1) -> list[Message]:
        """The next ones."""
        messages = [] if self._is_out else list(islice(self._messages, most))
        self._is_out = not messages
        return messages

    def wait_s(self) -> float | None:
        """None once all were taken."""
        return None if self._is_out else 0.0

    def may_begin(self) -> bool:
        """Always."""
        return True

    def met(self) -> None:
        """Whoever sends a list does not ask."""

    def stop(self, said: str, *, is_for_good: bool = False) -> None:
        """Give no more."""
        self._is_out, self.fault, self.is_for_good = True, said, is_for_good


def send_all(transport: Transport, messages: Iterable[Message]) -> Generator[tuple[int, Outcome], None, None]:
    """What became of each message, as it becomes known; the rest is refused when the transport gives up."""
    whole = list(messages)
    feed, open_ids = Listed(whole), [message.delivery_id for message in whole]
    for answers in transport.send(feed):
        for delivery_id, outcome in answers:
            open_ids.remove(delivery_id)
            yield delivery_id, outcome
    for delivery_id in open_ids:
        yield delivery_id, Refused(feed.fault, charged=False)
