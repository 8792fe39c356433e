"""Hand letters to the transport: each made when it may leave, in the order of their ids within a recipient group."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from notifier.budget import Budget
from notifier.domain.claimed import Claimed
from notifier.domain.message import Message
from notifier.settings import LATE_S

LATE: Final = timedelta(seconds=LATE_S)
"""A letter whose envelope is out may still begin so long after its task's slice of time is over."""
SOON_S: Final = 1.0
"""Letters of a group that must wait longer go back to their queue with a moment of their own."""
SMALL: Final = 5
"""Letters at a time up to which a budget is asked for each by itself."""
_RECHECK_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Pace:
    """What sets the speed of sending."""

    budget: Budget
    account: str
    group_of: Callable[[str], str]
    """A recipient's domain -> the group that shares a budget."""
    clock: Callable[[], datetime]
    until: datetime
    """Past this moment no further letter is begun, unless nobody waits for the process."""
    longest: datetime
    """Past this one none is, whoever waits."""
    is_awaited: Callable[[], bool]
    """Whether a more urgent letter waits for a process."""

    def is_over(self) -> bool:
        """Whether no further letter may be begun."""
        return self.clock() >= self.until

    def gone_on(self, slice_of: timedelta) -> "Pace":
        """The same, for another slice of time where nobody waits."""
        if self.until >= self.longest or self.is_awaited():
            return replace(self, longest=self.until)
        return replace(self, until=min(self.longest, self.clock() + slice_of))


class Feed:
    """The letters of one claim, as a transport takes them.

    `make` writes the messages of some letters; one that cannot be made is missing, which is its maker's to note.
    """

    def __init__(self, ready: Iterable[Claimed], make: Callable[[list[Claimed]], list[Message]], pace: Pace) -> None:
        self._make = make
        self._pace = pace
        self._slice = pace.until - pace.clock()
        self._waiting: dict[str, deque[Claimed]] = {}
        for one in ready:
            self._waiting.setdefault(pace.group_of(one.address.rpartition("@")[2]), deque()).append(one)
        self._granted: dict[str, int] = {}
        self._waits: dict[str, float] = {}
        self._ask_again_at = -math.inf
        self.groups: dict[int, str] = {}
        """The recipient group of each letter that was taken."""
        self.has_met = False
        """Whether the server has answered anything."""
        self.fault = ""
        """Why the transport stopped; empty when it did not."""
        self.is_refused = False
        """Whether it stopped because the server refuses the account's name or password."""

    def take(self, most: int = 1) -> list[Message]:
        """Up to so many messages that may leave now."""
        messages: list[Message] = []
        while len(messages) < most and (picked := self._pick(most - len(messages))):
            made = self._make([one for one, _ in picked])
            for one, group in picked:
                self.groups[one.delivery_id] = group
            for one_id in {one.delivery_id for one, _ in picked} - {message.delivery_id for message in made}:
                self._grant(self.groups.pop(one_id), 1)
            messages += made
        return messages

    def _pick(self, most: int) -> list[tuple[Claimed, str]]:
        """Up to so many letters whose groups let them leave now, each with its group."""
        picked: list[tuple[Claimed, str]] = []
        if self._is_over():
            return picked
        while len(picked) < most and (group := self._open_group()):
            picked.append((self._waiting[group].popleft(), group))
            self._grant(group, -1)
            if not self._waiting[group]:
                del self._waiting[group]
        return picked

    def _grant(self, group: str, count: int) -> None:
        """So many more, or fewer; a group whose grant is used up is no longer looked at."""
        if left := self._granted.get(group, 0) + count:
            self._granted[group] = left
        else:
            del self._granted[group]

    def wait_s(self) -> float | None:
        """Seconds until more may be granted; None when all is taken, or the time is over."""
        if self._is_over() or not self._waiting:
            return None
        return max(_RECHECK_S, self._ask_again_at - time.monotonic())

    def may_begin(self) -> bool:
        """Whether there is still time for a letter whose envelope is out."""
        return self._pace.clock() < self._pace.until + LATE

    def met(self) -> None:
        """The server has answered."""
        self.has_met = True

    def end(self) -> None:
        """Begin nothing more; what is on the wire is still heard."""
        now = self._pace.clock()
        self._pace = replace(self._pace, until=now, longest=now)

    def stop(self, said: str, *, is_for_good: bool = False) -> None:
        """Give no more: the server cannot be reached."""
        self.fault = self.fault or said or "stopped"
        self.is_refused = self.is_refused or is_for_good

    def close(self) -> None:
        """Give back what was granted and not used."""
        if self._granted:
            self._pace.budget.give_back(self._pace.account, dict(self._granted))
            self._granted.clear()

    def later(self) -> Iterator[tuple[int, datetime]]:
        """For the letters of groups that must wait long: (delivery id, when its turn may come)."""
        now = self._pace.clock()
        for group, wait_s in self._waits.items():
            if wait_s >= SOON_S:
                for turn, one in enumerate(self._waiting.get(group, ()), start=1):
                    yield one.delivery_id, now + timedelta(seconds=turn * wait_s)

    def _is_over(self) -> bool:
        if self.fault:
            return True
        if not self._pace.is_over():
            return False
        if self._pace.until < self._pace.longest and self._waiting:
            self._pace = self._pace.gone_on(self._slice)
        return self._pace.is_over()

    def _open_group(self) -> str | None:
        """A group that has letters and a grant; asks the budget when no group has both."""
        for group in self._granted:
            if group in self._waiting:
                return group
        if not self._waiting or time.monotonic() < self._ask_again_at:
            return None
        self._ask()
        return next((group for group in self._granted if group in self._waiting), None)

    def _ask(self) -> None:
        self.close()
        wanted = {group: len(letters) for group, letters in self._waiting.items()}
        grants = self._pace.budget.take(self._pace.account, portioned(wanted, self._portion()))
        self._granted = {group: grant.count for group, grant in grants.items() if grant.count}
        self._waits = {group: grant.wait_s for group, grant in grants.items() if not grant.count}
        if not self._granted:
            shortest = min(self._waits.values(), default=_RECHECK_S)
            self._ask_again_at = time.monotonic() + shortest

    def _portion(self) -> int:
        # At a low rate one by one: what is granted and waits here would leave in a later second than it was meant for.
        portion = self._pace.budget.portion(self._pace.account)
        return portion if portion > SMALL else 1


def portioned(wanted: Mapping[str, int], most: int) -> dict[str, int]:
    """At most so many in all, shared out so that each group that wants some is asked for."""
    each = max(1, most // max(1, len(wanted)))
    asked, left = dict[str, int](), max(most, 1)
    for group, count in wanted.items():
        asked[group] = min(count, each, left)
        left -= asked[group]
        if left <= 0:
            break
    for group, count in wanted.items():
        more = min(count - asked.get(group, 0), left)
        if more > 0:
            asked[group], left = asked.get(group, 0) + more, left - more
    return asked
