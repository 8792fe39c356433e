"""A breaker for each account: when its server cannot be reached, nobody knocks but one, from time to time."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from notifier import observe
from notifier.shared import Shared

FAULTS: Final = 3
"""In a row, by all workers together."""
LONGEST_S: Final = 600.0
PROBE_S: Final = 60.0
"""Whoever probes and says nothing for so long is taken for dead."""
KEPT_S: Final = 3600
"""Without news for so long a server is like any other."""

_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """How an account is: up, or tried again in so many seconds; `is_refused`: its name or password is wrong."""

    is_up: bool = True
    is_refused: bool = False
    wait_s: float = 0.0


class Breaker(Protocol):
    """Remembers, for each account, whether its server can be reached. Never waits, never raises."""

    def heard(self, account: str, *, is_up: bool, is_refused: bool = False) -> None:
        """Tell how a connection began: `is_up` once it was ready for MAIL.

        Not up: connect, handshake, AUTH or a 421 greeting failed. `is_refused`: the server refuses the account's name
        or password, which no second try changes.
        """
        ...

    def wait_s(self, account: str) -> float:
        """Seconds until the account may be tried; 0 for now.

        After an outage 0 is said to one caller only, who is then the probe.
        """
        ...

    def state(self, account: str) -> State:
        """How the account is, without trying it."""
        ...


@dataclass(frozen=True, slots=True)
class _Circuit:
    """Closed while `open_s` is 0; else open before `until`, and afterwards somebody's to probe."""

    faults: int = 0
    open_s: float = 0.0
    until: float = 0.0
    probed_until: float = 0.0
    is_refused: bool = False

    def opened(self, now: float, seconds: float, *, is_refused: bool = False) -> "_Circuit":
        """Open for so long from now on."""
        seconds = min(seconds, LONGEST_S)
        return _Circuit(self.faults, seconds, now + seconds, is_refused=is_refused)

    def wait_s(self, now: float) -> float:
        """Seconds until the next try."""
        return max(0.0, self.until - now, self.probed_until - now) if self.open_s else 0.0


class LocalBreaker:
    """Breakers in this process's memory."""

    def __init__(self, first_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`first_s`: how long a breaker is open at first; twice as long after each probe that fails."""
        self._first_s = first_s
        self._clock = clock
        self._circuits: dict[str, _Circuit] = {}

    def heard(self, account: str, *, is_up: bool, is_refused: bool = False) -> None:
        """Close the circuit, count a fault, or open it: after the third fault, or a probe that failed."""
        now, found = self._clock(), self._circuits.get(account, _Circuit())
        if is_up:
            self._circuits.pop(account, None)
        elif is_refused:
            self._circuits[account] = found.opened(now, LONGEST_S, is_refused=True)
        elif found.open_s and now >= found.until:
            self._circuits[account] = found.opened(now, 2 * found.open_s)
        elif not found.open_s:
            counted = replace(found, faults=found.faults + 1)
            self._circuits[account] = counted if counted.faults < FAULTS else counted.opened(now, self._first_s)

    def wait_s(self, account: str) -> float:
        """0 for a closed circuit, and to one caller for one that was open long enough."""
        now, found = self._clock(), self._circuits.get(account, _Circuit())
        wait = found.wait_s(now)
        if found.open_s and not wait:
            self._circuits[account] = replace(found, probed_until=now + PROBE_S)
        return wait

    def state(self, account: str) -> State:
        """How the account is, for this process."""
        found = self._circuits.get(account, _Circuit())
        return State(not found.open_s, found.is_refused, found.wait_s(self._clock()))


class RedisBreaker:
    """Breakers that all workers share; while Redis is away each process has its own."""

    def __init__(
        self,
        shared: Shared,
        first_s: float,
        clock: Callable[[], float] | None = None,
        fingerprints: Mapping[str, str] | None = None,
    ) -> None:
        """`clock`: in place of Redis' own, for tests that cannot wait.

        `fingerprints`: of each account's settings. Whoever corrects a password begins with a closed circuit.
        """
        self._fingerprints = fingerprints or {}
        self._first_s = first_s
        self._clock = clock
        self._ask = shared.script((Path(__file__).parent / "breaker.lua").read_text(encoding="utf-8"))
        self._alone = LocalBreaker(first_s, clock or time.monotonic)

    def heard(self, account: str, *, is_up: bool, is_refused: bool = False) -> None:
        """Tell all workers; a circuit that opens is logged, by the worker that opened it."""
        self._alone.heard(account, is_up=is_up, is_refused=is_refused)
        answer = self._say(account, "up" if is_up else "refused" if is_refused else "fault")
        if answer is not None and int(answer[0]):
            # A name of the settings, which is no address; what the server said may hold one.
            _log.warning("account_down", account=account, is_refused=is_refused, seconds=float(answer[2]))

    def wait_s(self, account: str) -> float:
        """0 for a closed circuit, and to one caller of all workers for one that was open long enough."""
        answer = self._say(account, "ask")
        return self._alone.wait_s(account) if answer is None else float(answer[2])

    def state(self, account: str) -> State:
        """How the account is, for all workers."""
        answer = self._say(account, "look")
        if answer is None:
            return self._alone.state(account)
        return State(not int(answer[0]), bool(int(answer[1])), float(answer[2]))

    def _say(self, account: str, what: str) -> tuple[int, int, bytes] | None:
        now = repr(self._clock()) if self._clock else ""
        # No address goes into Redis, and an account's name may be one.
        name = f"{account} {self._fingerprints.get(account, '')}"
        key = f"notifier:breaker:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        answer: tuple[int, int, bytes] | None = self._ask(
            [key], [now, what, self._first_s, FAULTS, LONGEST_S, PROBE_S, KEPT_S]
        )
        return answer
