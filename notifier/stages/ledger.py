"""What an editor asks: does it add up, and why did letters not go out."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from notifier.domain.balance import Balance, Page
from notifier.domain.words import LetterKind, Reason, State
from notifier.models import Delivery, Lease, Letter, Notice

TICK = "tick"


@dataclass(frozen=True, slots=True)
class Status:
    """The balance, the reasons, and whether the sweep is alive."""

    balance: Balance
    reasons: dict[str, int]
    """How many deliveries ended (or wait) with each `state: reason`."""
    oldest_queued_at: datetime | None
    last_sweep_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one letter to one person."""

    delivery_id: int
    kind: LetterKind
    about_id: int
    state: State
    reason: Reason | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    detail: str


def fates(session: Session, subscriber_id: int, most: int, before_id: int = 0) -> list[Fate]:
    """A person's letters, the newest first: what they were sent or spared, and why; those before `before_id`."""
    theirs = Delivery.subscriber_id == subscriber_id
    rows = session.execute(
        select(
            Delivery.id, Delivery.kind, Delivery.about_id, Delivery.state, Delivery.reason, Delivery.attempts,
            Delivery.created_at, Delivery.finished_at, Delivery.detail,
        )
        .where(theirs & (Delivery.id < before_id) if before_id else theirs)
        .order_by(Delivery.id.desc())
        .limit(most)
    )  # fmt: skip
    return [Fate(*row) for row in rows]


def spared(session: Session, subscriber_id: int) -> dict[str, int]:
    """How many comments no letter told this person of, though they concern them, by reason."""
    dropped = select(Notice.dropped_reason, func.count()).where(
        Notice.subscriber_id == subscriber_id, Notice.dropped_at.is_not(None)
    )
    rows = session.execute(dropped.group_by(Notice.dropped_reason))
    return {reason.value: count for reason, count in rows if reason}


def status(session: Session, site_id: int | None = None) -> Status:
    """Count one site's letters, or all, one by one: an audit, which reads every delivery there ever was.

    The left side is what the planner noted on each letter, the right side is the deliveries themselves.
    """
    ours = Delivery.site_id == site_id if site_id is not None else Delivery.id > 0
    letters = Letter.site_id == site_id if site_id is not None else Letter.id > 0
    planned = select(literal("planned"), null(), func.coalesce(func.sum(Letter.planned_count), 0)).where(letters)
    found = select(Delivery.state, Delivery.reason, func.count()).where(ours).group_by(Delivery.state, Delivery.reason)
    sides: Counter[str] = Counter()
    reasons: dict[str, int] = {}
    # One statement, for it sees one moment: between two, somebody plans letters, and the sides would not match.
    both: CompoundSelect[Any, Any, Any] = union_all(planned, found)
    for side, reason, count in session.execute(both):
        sides[side] += int(count)
        if reason:
            reasons[f"{side}: {reason}"] = int(count)
    return _with_ages(session, Balance(**sides), reasons, site_id)


def told(session: Session, page: Page, site_id: int | None = None) -> Status:
    """The status of one site or of all whose letters somebody has counted already."""
    return _with_ages(session, page.balance, page.reasons, site_id)


def _with_ages(session: Session, balance: Balance, reasons: dict[str, int], site_id: int | None) -> Status:
    waits = Delivery.state == State.QUEUED
    ours = waits & (Delivery.site_id == site_id) if site_id is not None else waits
    return Status(
        balance=balance,
        reasons=reasons,
        oldest_queued_at=session.scalar(select(func.min(Delivery.next_attempt_at)).where(ours)),
        last_sweep_at=session.scalar(select(Lease.last_sweep_at).where(Lease.name == TICK)),
    )
