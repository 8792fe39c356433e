"""Hand messages to the transport as the budget allows, for as long as the task's slice of time lasts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.budget import Budget
from notifier.domain.message import Message


@dataclass(frozen=True, slots=True)
class Pace:
    """What sets the speed of sending."""

    budget: Budget
    account: str
    group_of: Callable[[str], str]
    """A recipient's domain -> the group that shares a budget."""
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    until: datetime
    """Past this moment no further message is begun."""

    def allowed(self, messages: Iterable[Message]) -> Iterator[Message]:
        """The messages, each when it may leave; the rest is left out once the time is over."""
        for message in messages:
            if not self._may_leave(self.group_of(message.rcpt_to.rpartition("@")[2])):
                return
            yield message

    def _may_leave(self, group: str) -> bool:
        while self.clock() < self.until:
            # One at a time: what is granted and not used is lost to every other worker.
            grant = self.budget.take(self.account, {group: 1})[group]
            if grant.count:
                return True
            if self.clock() + timedelta(seconds=grant.wait_s) >= self.until:
                return False
            self.sleep(grant.wait_s)
        return False
