"""What stands between a subscribe form and the mailboxes of strangers.

The widget answers a puzzle; the plain form, where no script runs, carries a dated stamp and has smaller budgets.
What is said to whom never depends on what is known of the address.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Final

from notifier.domain import puzzle
from notifier.domain.address import AddressInvalid, check_address, fold
from notifier.domain.puzzle import Puzzle
from notifier.domain.tokens import Signer
from notifier.settings import Settings
from notifier.web.counting import Counts, Tick
from notifier.web.limits import household

HOUR_S, MINUTE_S, DAY_S = 3600, 60, 86_400
STAMP_USES: Final = 3
"""Somebody who corrects an address sends the same page again; a program would send it a thousand times."""
STAMP: Final = "stamp"


class Verdict(StrEnum):
    """What becomes of a sign-up."""

    NOTE = "note"
    QUIET = "quiet"
    """Over the budget of its address: the same answer, and nothing is noted."""
    AGAIN = "again"
    """Its proof is missing, has expired, was used up, or came too fast: the form is shown again, as it was filled."""
    LIMITED = "limited"
    """Over the budget of its network."""
    BUSY = "busy"
    """Too many for the site at this moment; in a minute it may be better."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-up before it is noted."""

    site_id: int
    ip: str
    address: str = field(repr=False)
    stamp: str = field(default="", repr=False)
    """Of the plain form."""
    token: str = field(default="", repr=False)
    """Of the puzzle."""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """An attempt whose proof holds: what is counted for it, and what the counts then say."""

    ticks: tuple[Tick, ...]
    verdict: Callable[[Sequence[int]], Verdict]


class Shield:
    """Hands out proofs, takes them back, and counts."""

    def __init__(self, knobs: Settings, signer: Signer, counts: Counts) -> None:
        self._knobs = knobs
        self._signer = signer
        self._counts = counts

    def stamp(self, site_id: int, now: datetime) -> str:
        """A dated field for the plain form of a site."""
        return self._signer.sign(STAMP, site_id, int(now.timestamp() * 1000), secrets.randbits(48))

    def puzzle(self, site_id: int, now: datetime) -> Puzzle:
        """Work for a browser, harder while sign-ups of this site come in a burst."""
        return puzzle.make(self._signer, site_id, self._work(self._counts(_of_site(site_id, 0), now)), now)

    def judge(self, trials: Sequence[Trial], now: datetime) -> list[Verdict]:
        """Count attempts that came at one time, in their order and in one question."""
        counts = iter(self._counts([tick for one in trials for tick in one.ticks], now))
        return [one.verdict(list(islice(counts, len(one.ticks)))) for one in trials]

    def plain(self, attempt: Attempt, now: datetime) -> Trial | None:
        """An attempt by the plain form; None where its stamp proves nothing."""
        read = self._signer.read(STAMP, attempt.stamp)
        if read is None or read[0] != attempt.site_id or not self._is_timely(now.timestamp() - read[1] / 1000):
            return None
        once = Tick(f"stamp:{read[2]}", DAY_S, is_once=True)
        return Trial((*_of(attempt), once, *_of_site(attempt.site_id, 1)), self._of_plain)

    def worked(self, attempt: Attempt, now: datetime) -> Trial | None:
        """An attempt that answers a puzzle; None where it does not."""
        solved = puzzle.check(self._signer, attempt.token, attempt.number)
        if solved is None or solved.site_id != attempt.site_id or not self._is_timely(now.timestamp() - solved.made_at):
            return None
        once = Tick(f"puzzle:{attempt.token}", DAY_S, is_once=True)
        return Trial((*_of(attempt), once, *_of_site(attempt.site_id, 1)), partial(self._of_worked, solved.most))

    def judge_again(self, ip: str, now: datetime) -> Verdict:
        """Count a request for another confirmation: its link is proof enough, so only the network's budget holds."""
        (by_ip,) = self._counts([Tick(f"ip:{household(ip)}", HOUR_S)], now)
        return Verdict.LIMITED if by_ip > self._knobs.signups_plain_per_ip_h else Verdict.NOTE

    def _of_plain(self, counts: Sequence[int]) -> Verdict:
        by_ip, by_address, uses, *of_site = counts
        if by_ip > self._knobs.signups_plain_per_ip_h:
            return Verdict.LIMITED
        if uses > STAMP_USES:
            return Verdict.AGAIN
        if max(of_site) > self._knobs.signup_plain_per_min:
            return Verdict.BUSY
        return self._of_address(by_address)

    def _of_worked(self, most: int, counts: Sequence[int]) -> Verdict:
        by_ip, by_address, uses, *of_site = counts
        if by_ip > self._knobs.signups_per_ip_h:
            return Verdict.LIMITED
        if uses > 1 or most < self._work(of_site):
            return Verdict.AGAIN
        return self._of_address(by_address)

    def _is_timely(self, age_s: float) -> bool:
        return self._knobs.signup_fill_s <= age_s <= DAY_S

    def _work(self, of_site: Sequence[int]) -> int:
        is_burst = max(of_site) > self._knobs.signup_burst_per_min
        return self._knobs.signup_work_burst if is_burst else self._knobs.signup_work

    def _of_address(self, count: int) -> Verdict:
        return Verdict.QUIET if count > self._knobs.signups_per_address_h else Verdict.NOTE


def _of(attempt: Attempt) -> list[Tick]:
    return [
        Tick(f"ip:{household(attempt.ip)}", HOUR_S),
        Tick(f"address:{attempt.site_id}:{_mailbox(attempt.address)}", HOUR_S),
    ]


def _of_site(site_id: int, by: int) -> list[Tick]:
    return [Tick(f"site:{site_id}", MINUTE_S, by=by), Tick(f"site:{site_id}", MINUTE_S, ago=1, by=0)]


def _mailbox(address: str) -> str:
    try:
        return fold(check_address(address).key)
    except AddressInvalid:
        return ""
