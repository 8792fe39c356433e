"""The budget in one process's memory: for tests, and for the time while Redis is away."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor
from typing import Final

from notifier.budget.fair import fair
from notifier.budget.grants import ACCOUNT, Grant, Heard
from notifier.budget.limits import PEAK, Limit, portion, spare
from notifier.budget.window import Window, after, slowed

ROWS_MAX: Final = 10_000
EPSILON: Final = 1e-6
"""Who waited exactly long enough finds a whole letter, however it was rounded."""


@dataclass(slots=True)
class _Row:
    """A bucket, its peak (of an account) and its window; no tokens yet: as many as it holds."""

    tokens: float | None = None
    peak: float | None = None
    at: float = 0.0
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class _Bucket:
    row: _Row
    rate: float
    tokens: float

    def spend(self, count: int, now: float, worth: int = 1) -> float:
        """Take so many and give the seconds until there are as many again as are `worth` a question."""
        self.row.tokens, self.row.at = self.tokens - count, now
        return max(0.0, (worth - self.row.tokens) / self.rate)


class LocalBudget:
    """Buckets and windows of this process alone. Safe for threads."""

    def __init__(self, limits: Mapping[str, Limit], clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str], _Row] = {}

    def take(self, account: str, wanted: Mapping[str, int]) -> dict[str, Grant]:
        """Take from this process's own buckets."""
        wanted = {group: max(0, count) for group, count in wanted.items()}
        limit = self._limit(account)
        with self._lock:
            now = self._clock()
            whole, peak = self._account(account, limit, now)
            buckets = {group: self._bucket(account, group, limit, now) for group in wanted}
            most = [_most(count, buckets[group]) for group, count in wanted.items()]
            left = max(0, floor(min(whole.tokens, peak) + EPSILON))
            got = fair(left, most, [1] * len(most), floor(now * 1e6)) if most else []
            worth = min(limit.worth, sum(wanted.values()) - sum(got))
            wait = max(whole.spend(sum(got), now, worth), (worth - peak + sum(got)) / (whole.rate * PEAK))
            whole.row.peak = peak - sum(got)
            return {
                group: _granted(count, granted, wait, buckets[group], now)
                for (group, count), granted in zip(wanted.items(), got, strict=True)
            }

    def give_back(self, account: str, unused: Mapping[str, int]) -> None:
        """Put tokens back. The peak gets none: else a letter that comes back late would make a second too fast."""
        with self._lock:
            for group, count in ({**unused, ACCOUNT: sum(unused.values())}).items():
                row = self._rows.get((account, group))
                if row is not None and row.tokens is not None:
                    row.tokens += count

    def hear(self, account: str, heard: Mapping[str, Heard]) -> None:
        """Open, lower, raise or close windows."""
        limit = self._limit(account)
        accepted = sum(one.accepted for one in heard.values())
        own = Heard(accepted, heard[ACCOUNT].slowed if ACCOUNT in heard else 0)
        with self._lock:
            now = self._clock()
            for group, one in [*heard.items(), (ACCOUNT, own)]:
                row = self._rows.get((account, group), _Row())
                if (group == ACCOUNT and one is not own) or not (row.window or one.slowed):
                    continue
                rate = limit.of_group(group) if group else limit.rate_per_s
                if group and not (row.window and row.window.at(now)):
                    # The letters that made the server ask for less have left: what comes next begins at nothing.
                    row.tokens, row.at = 0.0, now
                row.window = after(row.window, one, rate, now)
                self._rows[account, group] = row
            if len(self._rows) > ROWS_MAX:
                self._tidy(now)

    def portion(self, account: str) -> int:
        """How many letters to ask for at once."""
        return portion(self._limit(account).rate_per_s)

    def _tidy(self, now: float) -> None:
        over = [place for place, row in self._rows.items() if place[1] and not (row.window and row.window.at(now))]
        for place in over:
            del self._rows[place]

    def _limit(self, account: str) -> Limit:
        return self._limits.get(account) or Limit()

    def _account(self, account: str, limit: Limit, now: float) -> tuple[_Bucket, float]:
        row = self._rows.setdefault((account, ACCOUNT), _Row())
        row.window = row.window and row.window.at(now)
        rate = slowed(limit.rate_per_s, row.window)
        part = rate / limit.rate_per_s
        peak = _filled(row.peak, row.at, rate * PEAK, max(1.0, limit.peak * part), now)
        return _Bucket(row, rate, _filled(row.tokens, row.at, rate, max(1.0, limit.held * part), now)), peak

    def _bucket(self, account: str, group: str, limit: Limit, now: float) -> _Bucket | None:
        """What limits this group; None for nothing but the account."""
        if group == ACCOUNT:
            return None  # An address without a domain.
        row = self._rows.get((account, group))
        if row is not None:
            row.window = row.window and row.window.at(now)
        if group not in limit.groups and (row is None or row.window is None):
            self._rows.pop((account, group), None)
            return None
        row = self._rows.setdefault((account, group), _Row())
        whole = limit.of_group(group)
        rate = slowed(whole, row.window)
        return _Bucket(row, rate, _filled(row.tokens, row.at, rate, max(1.0, spare(whole) * rate / whole), now))


def _filled(tokens: float | None, at: float, rate: float, most: float, now: float) -> float:
    return most if tokens is None else min(most, tokens + max(0.0, now - at) * rate)


def _most(wanted: int, bucket: _Bucket | None) -> int:
    return max(0, wanted if bucket is None else min(wanted, floor(bucket.tokens + EPSILON)))


def _granted(wanted: int, count: int, wait: float, bucket: _Bucket | None, now: float) -> Grant:
    own = bucket.spend(count, now) if bucket else 0.0
    return Grant(count, max(wait, own) if count < wanted else 0.0)
