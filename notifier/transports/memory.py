"""A transport that sends nothing and keeps everything: for tests, users' own included."""

import time
from collections.abc import Generator
from dataclasses import dataclass, field

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Sent
from notifier.transports import NEWS_S, Answer, Feed


@dataclass
class MemoryTransport:
    """Keeps what it took in `sent`; `outcomes` says, per address, what becomes of other messages."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)
    seen: list[Message] = field(default_factory=list)
    """Every message that was tried, refused ones included."""
    closed: int = 0

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        """Yield the outcome told for each message's address, or Sent."""
        while True:
            messages = feed.take()
            for message in messages:
                outcome = self.outcomes.get(message.rcpt_to, Sent("250 kept"))
                self.seen.append(message)
                feed.met()
                if isinstance(outcome, Sent):
                    self.sent.append(message)
                yield [(message.delivery_id, outcome)]
            if messages:
                continue
            if (wait_s := feed.wait_s()) is None:
                return
            time.sleep(min(wait_s, NEWS_S))
            yield []

    def close(self) -> None:
        """Count the goodbyes."""
        self.closed += 1
