"""The letters of one send, a page at a time, by state and reason, through the few indexes that deliveries have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from notifier.domain.words import Reason, State
from notifier.models import Delivery, Subscriber
from notifier.stages.sends.key import SHARED, Send

PAGE: Final = 50
UNSENT: Final = frozenset({State.FAILED, State.DROPPED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters: of a state, and of a reason; None for any."""

    state: State | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One letter to one person, and what became of it."""

    id: int
    subscriber_id: int | None
    address: str
    """Empty for a reader who was erased."""
    state: State
    reason: Reason | None
    attempts: int
    detail: str
    created_at: datetime
    finished_at: datetime | None


def letters(
    session: Session, site_id: int, send: Send, wanted: Filter, after_id: int = 0, most: int = PAGE
) -> list[Row]:
    """In the order in which they were planned, those past `after_id`."""
    parts = [_ids(site_id, send, one, after_id, most).subquery() for one in _narrowed(send, wanted)]
    if not parts:
        return []
    ids = union_all(*(select(one.c.id) for one in parts)).subquery()
    columns = (
        Delivery.id, Delivery.subscriber_id, func.coalesce(Subscriber.address, ""), Delivery.state, Delivery.reason,
        Delivery.attempts, Delivery.detail, Delivery.created_at, Delivery.finished_at,
    )  # fmt: skip
    rows = session.execute(
        select(*columns)
        .join(ids, ids.c.id == Delivery.id)
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .order_by(Delivery.id)
        .limit(most)
    )
    return [Row(*row) for row in rows]


def which(site_id: int, send: Send, wanted: Filter) -> ColumnElement[bool]:
    """The condition that selects these letters."""
    found = (Delivery.site_id == site_id) & (Delivery.kind == send.key.kind)
    if send.key.kind in SHARED:
        found &= Delivery.about_id == send.key.about_id
    else:
        found &= (Delivery.created_at >= send.key.begins_at) & (Delivery.created_at < send.key.ends_at)
    found &= Delivery.id.between(send.first_id, send.last_id)
    if wanted.state:
        # Spelt out, for a parameter would hide from the database that an index holds just these.
        found &= Delivery.state == literal(wanted.state.value, literal_execute=True)
    if wanted.reason:
        found &= Delivery.reason == wanted.reason
    return found


def _ids(site_id: int, send: Send, wanted: Filter, after_id: int, most: int) -> Select[Any]:
    ours = which(site_id, send, wanted) & (Delivery.id > after_id)
    if wanted.state is State.QUEUED:
        ours &= Delivery.lane == send.key.kind.lane
    return select(Delivery.id).where(ours).order_by(Delivery.id).limit(most)


def _narrowed(send: Send, wanted: Filter) -> list[Filter]:
    """The same by reasons, each of which is one stretch of the index of what did not go out."""
    if wanted.state not in UNSENT or wanted.reason or send.key.kind not in SHARED:
        return [wanted]
    reasons = [
        reason for (state, reason), count in send.page.ended.items() if state is wanted.state and reason and count
    ]
    return [Filter(wanted.state, reason) for reason in reasons]
