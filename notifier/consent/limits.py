"""How often an address may be asked, whoever asks: it is the one who gets the letters that is counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from notifier.models import Signup

WITHIN: Final = timedelta(days=30)


class SignupResult(StrEnum):
    """What the task decided (and later, that the reader agreed); the page says the same for all of them."""

    ASKED = "asked"
    ADDED = "added"
    LIMITED = "limited"
    SUPPRESSED = "suppressed"
    TAKEN = "taken"
    UNREACHABLE = "unreachable"
    VETOED = "vetoed"
    """The address that was to be left said that it had not asked; the new one may have been asked by then."""
    CONFIRMED = "confirmed"


_WROTE: Final = (SignupResult.ASKED, SignupResult.VETOED, SignupResult.CONFIRMED)
"""A letter may have come of it. It stays a letter when somebody takes the wish back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one (folded) address may be asked."""

    per_30_days: int
    gap: timedelta
    """Least time between two questions."""


def counts(now: datetime) -> ColumnElement[bool]:
    """The sign-ups that count against their address."""
    return Signup.result.in_(_WROTE) & (Signup.created_at > now - WITHIN)


def is_limited(session: Session, signup: Signup, now: datetime, limits: Limits) -> bool:
    """Whether the address of this sign-up, in any spelling, was asked too often or too lately to be asked again."""
    asked = session.scalars(
        select(Signup.handled_at)
        .where(
            Signup.site_id == signup.site_id,
            Signup.limit_hash == signup.limit_hash,
            counts(now),
        )
        .order_by(Signup.handled_at.desc())
    ).all()
    return len(asked) >= limits.per_30_days or bool(asked and asked[0] and asked[0] > now - limits.gap)
