"""What is unfinished for too long, as nudges: whatever Redis lost is rung again from rows."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain.words import ItemKind, Lane, State
from notifier.models import Delivery, Item, Run, Signup, Source
from notifier.queue import Nudge, Task

AT_ONCE = 500
CHUNKS_AT_ONCE = 40


def unfinished(session: Session, before: datetime) -> list[Nudge]:
    """Nudges for sign-ups not decided, items not matched and runs not planned that wait since `before`."""
    signups = session.scalars(
        select(Signup.id).where(Signup.handled_at.is_(None), Signup.created_at <= before).limit(AT_ONCE)
    )
    items = session.execute(
        select(Item.id, Item.kind).where(Item.matched_at.is_(None), Item.received_at <= before).limit(AT_ONCE)
    )
    runs = session.scalars(select(Run.id).where(Run.planned_at.is_(None), Run.created_at <= before).limit(AT_ONCE))
    return [
        *(Nudge(Task.SIGN_UP, (one,), Lane.URGENT) for one in signups),
        *(publish(one, kind) for one, kind in items),
        *(plan_run(one) for one in runs),
    ]


def publish(item_id: int, kind: ItemKind) -> Nudge:
    """The nudge that matches an item."""
    return Nudge(Task.PUBLISH, (item_id,), Lane.ALERTS if kind is ItemKind.ARTICLE else Lane.REPLIES)


def plan_run(run_id: int) -> Nudge:
    """The nudge that plans a digest run."""
    return Nudge(Task.PLAN_RUN, (run_id,), Lane.DIGESTS)


def due_sources(session: Session, now: datetime) -> list[Nudge]:
    """Nudges for the sources whose poll is due."""
    due = select(Source.id).where(Source.is_enabled, Source.next_poll_at <= now).limit(AT_ONCE)
    return [Nudge(Task.POLL_SOURCE, (one,), Lane.BULK) for one in session.scalars(due)]


def due_deliveries(session: Session, lanes: Collection[Lane], before: datetime, chunk: int) -> list[Nudge]:
    """DELIVER nudges for letters of these lanes that are due since `before`: retries, and nudges that were lost."""
    nudges: list[Nudge] = []
    for lane in lanes:
        ids = session.scalars(
            select(Delivery.id)
            .where(Delivery.state == State.QUEUED, Delivery.lane == lane, Delivery.next_attempt_at <= before)
            .order_by(Delivery.id)
            .limit(chunk * CHUNKS_AT_ONCE)
        ).all()
        nudges += [
            Nudge(Task.DELIVER, (lane.value, some[0], some[-1]), lane)
            for some in (ids[first : first + chunk] for first in range(0, len(ids), chunk))
        ]
    return nudges
