"""The budget in Redis: the same buckets and windows for all workers, one question for any number of groups."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from notifier import observe
from notifier.budget import window
from notifier.budget.fair import fair
from notifier.budget.grants import ACCOUNT, Grant, Heard
from notifier.budget.limits import PEAK, Limit, portion, spare
from notifier.budget.local import EPSILON, LocalBudget
from notifier.shared import CAUTION, LOG_S, Shared

TRIES: Final = 3
"""A question is asked again when the list of slowed groups has changed; more often only in a storm."""
STORM_S: Final = 0.05

_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class _Slowed:
    """The groups of an account that have a window, as far as this process knows."""

    version: str = "0"
    groups: frozenset[str] = field(default=frozenset())


class RedisBudget:
    """Shared by all workers; Redis' clock is the only one.

    While Redis is away each process goes on by itself at a quarter of the rate. Groups that nothing limits travel
    as one number, however many they are.
    """

    def __init__(self, shared: Shared, limits: Mapping[str, Limit], clock: Callable[[], float] | None = None) -> None:
        """`clock`: in place of Redis' own, for tests that cannot wait."""
        self._limits = limits
        self._clock = clock
        self._take = shared.script(_script("common", "fair", "take"))
        self._give_back = shared.script(_script("give_back"))
        self._hear = shared.script(_script("common", "hear"))
        slower = {account: limit.slower(CAUTION) for account, limit in limits.items()}
        self._alone = LocalBudget(slower, clock or time.monotonic)
        self._slowed: dict[str, _Slowed] = {}
        self._turn = 0
        self._log_again_at = 0.0

    def take(self, account: str, wanted: Mapping[str, int]) -> dict[str, Grant]:
        """Take from the common buckets, or from the cautious ones of this process while Redis is away."""
        if not any(count > 0 for count in wanted.values()):
            return dict.fromkeys(wanted, _whole(0))
        if min(wanted.values()) < 0:
            wanted = {group: max(0, count) for group, count in wanted.items()}
        limit = self._limit(account)
        for _ in range(TRIES):
            known = self._slowed.get(account, _Slowed())
            limited = [group for group in wanted if group and (group in known.groups or group in limit.groups)]
            answer = self._ask(account, limit, wanted, limited)
            if answer is None:
                self._note(account)
                return self._alone.take(account, wanted)
            if answer[0].decode() == known.version:
                return self._granted(wanted, limited, answer)
            self._slowed[account] = _Slowed(answer[0].decode(), frozenset(group.decode() for group in answer[1]))
        return dict.fromkeys(wanted, Grant(0, STORM_S))

    def give_back(self, account: str, unused: Mapping[str, int]) -> None:
        """Put tokens back, for any worker to take."""
        count = sum(unused.values())
        if count <= 0:
            return
        limited = self._limited(account, unused)
        keys = [_key(account), *(_key(account, group) for group in limited)]
        if self._give_back(keys, [count, *(unused[group] for group in limited)]) is None:
            self._alone.give_back(account, unused)

    def hear(self, account: str, heard: Mapping[str, Heard]) -> None:
        """Open, lower, raise or close windows; asks Redis nothing where none is open and nobody asked for one."""
        open_ones = self._slowed.get(account, _Slowed()).groups
        matters = {group: one for group, one in heard.items() if group and (one.slowed or group in open_ones)}
        own = Heard(sum(one.accepted for one in heard.values()), heard[ACCOUNT].slowed if ACCOUNT in heard else 0)
        if own.slowed or ACCOUNT in open_ones:
            matters[ACCOUNT] = own
        if not matters:
            return
        # Should Redis go away, what was slow is not begun at full speed; there it comes back with time alone.
        self._alone.hear(account, {group: Heard(slowed=one.slowed) for group, one in matters.items() if one.slowed})
        limit = self._limit(account)
        keys = [_key(account), _slowed_key(account), *(_key(account, group) for group in matters)]
        args: list[str | int | float] = [self._moment(), limit.lasts_s]
        for group, one in matters.items():
            args += [group, limit.of_group(group) if group else limit.rate_per_s, one.accepted, one.slowed]
        self._hear(keys, args)

    def portion(self, account: str) -> int:
        """How many letters to ask for at once."""
        return portion(self._limit(account).rate_per_s)

    def _ask(self, account: str, limit: Limit, wanted: Mapping[str, int], limited: list[str]) -> Any:  # noqa: ANN401 - what the script says
        free = len(wanted) - len(limited)
        letters = sum(wanted.values())
        version = self._slowed.get(account, _Slowed()).version
        args: list[str | int | float] = [self._moment(), version, limit.rate_per_s, limit.held, limit.peak]
        args += [limit.lasts_s, limit.worth, letters, letters - sum(wanted[group] for group in limited), free]
        for group in limited:
            rate = limit.of_group(group)
            args += [rate, spare(rate), int(group in limit.groups), wanted[group]]
        return self._take([_key(account), _slowed_key(account), *(_key(account, group) for group in limited)], args)

    def _granted(self, wanted: Mapping[str, int], limited: list[str], answer: list[Any]) -> dict[str, Grant]:
        own = set(limited)
        free = {group: count for group, count in wanted.items() if group not in own} if own else wanted
        grants = self._of_the_free(free, int(answer[2]), float(answer[3])) if free else {}
        for place, group in enumerate(limited):
            count, wait = int(answer[4 + 2 * place]), float(answer[5 + 2 * place])
            grants[group] = Grant(count, wait if count < wanted[group] else 0.0)
        return grants

    def _of_the_free(self, wanted: Mapping[str, int], count: int, wait: float) -> dict[str, Grant]:
        if count >= sum(wanted.values()):
            return {group: _whole(letters) for group, letters in wanted.items()}
        self._turn += 1
        got = fair(count, list(wanted.values()), [1] * len(wanted), self._turn)
        pairs = zip(wanted.items(), got, strict=True)
        return {group: Grant(one, wait if one < letters else 0.0) for (group, letters), one in pairs}

    def _limited(self, account: str, groups: Mapping[str, int]) -> list[str]:
        known, limits = self._slowed.get(account, _Slowed()).groups, self._limit(account).groups
        return [group for group in groups if group and (group in known or group in limits)]

    def _limit(self, account: str) -> Limit:
        return self._limits.get(account) or Limit()

    def _moment(self) -> str:
        return repr(self._clock()) if self._clock else ""

    def _note(self, account: str) -> None:
        now = time.monotonic()
        if now >= self._log_again_at:
            self._log_again_at = now + LOG_S
            _log.warning("budget_without_redis", rate_per_s=self._limit(account).rate_per_s / CAUTION)


def _script(*names: str) -> str:
    numbers = {
        "LIMIT": window.LIMIT,
        "START": window.START,
        "COHORT_S": window.COHORT_S,
        "BEARS": window.BEARS,
        "FORGETS_PER_S": window.FORGETS_PER_S,
        "TRICKLE_PER_S": window.TRICKLE_PER_S,
        "PEAK": PEAK,
        "EPSILON": EPSILON,
    }
    folder = Path(__file__).parent / "lua"
    parts = [f"local {name} = {value!r}" for name, value in numbers.items()]
    return "\n".join([*parts, *((folder / f"{name}.lua").read_text(encoding="utf-8") for name in names)])


@lru_cache(maxsize=10_000)
def _whole(count: int) -> Grant:
    # One value for all that got what they wanted: making hundreds at each question would cost more than asking.
    return Grant(count)


@lru_cache(maxsize=10_000)
def _key(account: str, group: str = ACCOUNT) -> str:
    # An account's name is often an address, and no address goes into Redis. The braces keep an account's keys on
    # one node of a cluster.
    name = f"notifier:budget:{{{hashlib.sha256(account.encode()).hexdigest()[:32]}}}"
    return f"{name}:{group}" if group else name


def _slowed_key(account: str) -> str:
    return f"{_key(account)}:"
