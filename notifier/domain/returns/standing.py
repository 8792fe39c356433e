"""How an address takes our letters: what each refusal adds, what is forgiven, and when enough is enough.

| what is said | what follows |
|---|---|
| 5.1.x, no such domain, a null MX | suppressed at once |
| 5.2.1, the mailbox is switched off | suppressed after two letters within a week |
| a full mailbox, any other 4xx but 4.7.x | a point a day, halved by each letter that stays; suppressed at the limit |
| X.7.x, relay, content, size, unknown | nothing: it says nothing of the reader |
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from notifier.domain.returns.classify import Verdict
from notifier.domain.returns.words import BounceClass

WEEK: Final = timedelta(days=7)
DAYS_KEPT: Final = 30
REASONS_KEPT: Final = 5
HALVED_MOST: Final = 30
"""Halved so often, any score is nothing."""
_SOFT: Final = frozenset({BounceClass.FULL, BounceClass.TEMPORARY})


@dataclass(frozen=True, slots=True)
class Against:
    """One refusal of one letter that speaks of its reader's address."""

    delivery_id: int
    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held against an address."""

    score: float = 0.0
    days: tuple[str, ...] = ()
    """The days, in UTC, on which a point was given; sorted."""
    inactive: tuple[str, ...] = ()
    """When which letters met a mailbox that is switched off, as `2026-11-23T09:00:00+00:00 81`; sorted."""
    reasons: tuple[str, ...] = ()
    """The last refusals as `2026-11-23 mailbox_full 4.2.2`; sorted."""
    last_at: datetime | None = None

    def halved(self, times: int) -> "Standing":
        """The same after so many letters that stayed."""
        return replace(self, score=self.score / 2 ** min(times, HALVED_MOST)) if times else self

    def with_all(self, refusals: Iterable[Against], limit: float) -> tuple["Standing", str]:
        """The standing after these, in whatever order they came, and why the address is to be suppressed, if it is."""
        found, why = self, ""
        for one in sorted(refusals, key=lambda one: (one.at, one.delivery_id)):
            found, reason = found.after(one, limit)
            why = why or reason
        return found, why

    def after(self, one: Against, limit: float) -> tuple["Standing", str]:
        """The standing after one refusal, and why the address is to be suppressed now, if it is."""
        verdict = one.verdict
        if verdict.is_policy or not counts(verdict):
            return self, ""
        noted = self.noted(one)
        if verdict.why is BounceClass.BAD_ADDRESS:
            return noted, "bounced"
        if verdict.why is BounceClass.INACTIVE:
            return noted.switched_off(one)
        day = one.at.astimezone(UTC).date().isoformat()
        if day in self.days:
            return noted, ""
        days = tuple(sorted({*self.days, day})[-DAYS_KEPT:])
        after = replace(noted, score=self.score + 1, days=days)
        return after, "soft_bounces" if after.score >= limit else ""

    def switched_off(self, one: Against) -> tuple["Standing", str]:
        """The same after another letter that met a mailbox that is switched off."""
        mark = f"{one.at.astimezone(UTC).isoformat()} {one.delivery_id}"
        told = (earlier.split(" ") for earlier in self.inactive)
        others = [datetime.fromisoformat(at) for at, delivery in told if delivery != str(one.delivery_id)]
        is_twice = any(abs(at - one.at) <= WEEK for at in others)
        kept = tuple(sorted({*self.inactive, mark})[-REASONS_KEPT:])
        return replace(self, inactive=kept), "inactive" if is_twice else ""

    def noted(self, one: Against) -> "Standing":
        """The same with this refusal among its reasons."""
        words = f"{one.at.astimezone(UTC).date().isoformat()} {one.verdict.why} {one.verdict.status}".strip()
        reasons = tuple(sorted({*self.reasons, words})[-REASONS_KEPT:])
        return replace(self, reasons=reasons, last_at=max(one.at, self.last_at or one.at))


def counts(verdict: Verdict) -> bool:
    """Whether a refusal is held against the address at all."""
    if verdict.is_policy:
        return False
    if verdict.why in _SOFT:
        return True
    return verdict.is_final and verdict.why in {BounceClass.BAD_ADDRESS, BounceClass.INACTIVE}
