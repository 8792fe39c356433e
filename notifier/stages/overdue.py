"""What is unfinished for too long, as nudges: whatever Redis lost is rung again from rows."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain.words import IssueState, Lane, State
from notifier.held import is_free
from notifier.models import Delivery, Issue, Item, Run, Signup, Source, Trial, Wave
from notifier.queue import Nudge, to_deliver, to_plan, to_poll, to_publish, to_sign_up, to_try, to_wave

AT_ONCE = 500
CHUNKS_AT_ONCE = 40


def unfinished(session: Session, before: datetime) -> list[Nudge]:
    """Nudges for sign-ups, items, runs, waves and trial letters that nobody took up since `before`."""
    signups = session.scalars(
        select(Signup.id).where(Signup.handled_at.is_(None), Signup.created_at <= before).limit(AT_ONCE)
    )
    items = session.execute(
        select(Item.id, Item.kind).where(Item.matched_at.is_(None), Item.received_at <= before).limit(AT_ONCE)
    )
    runs = session.scalars(select(Run.id).where(Run.planned_at.is_(None), Run.created_at <= before).limit(AT_ONCE))
    going = Issue.state.in_([IssueState.SCHEDULED, IssueState.SENDING])
    waves = session.scalars(
        select(Wave.id)
        .join(Issue, Issue.id == Wave.issue_id)
        .where(Wave.planned_at.is_(None), Wave.due_at <= before, going)
        .order_by(Wave.due_at, Wave.is_rest, Wave.id)
        .limit(AT_ONCE)
    )
    trials = session.scalars(
        select(Trial.id).where(Trial.taken_at.is_(None), Trial.created_at <= before).limit(AT_ONCE)
    )
    return [
        *map(to_try, trials),
        *map(to_wave, waves),
        *(to_sign_up(one) for one in signups),
        *(to_publish(one, kind) for one, kind in items),
        *(to_plan(one) for one in runs),
    ]


def due_sources(session: Session, now: datetime) -> list[Nudge]:
    """Nudges for the sources whose poll is due."""
    due = select(Source.id).where(Source.is_enabled, Source.next_poll_at <= now).limit(AT_ONCE)
    return [to_poll(one) for one in session.scalars(due)]


def due_deliveries(session: Session, lanes: Collection[Lane], before: datetime, chunk: int) -> list[Nudge]:
    """DELIVER nudges for letters of these lanes that are due since `before`: retries, and nudges that were lost."""
    nudges: list[Nudge] = []
    for lane in lanes:
        ids = session.scalars(
            select(Delivery.id)
            .where(Delivery.state == State.QUEUED, Delivery.lane == lane, Delivery.next_attempt_at <= before, is_free())
            .order_by(Delivery.id)
            .limit(chunk * CHUNKS_AT_ONCE)
        ).all()
        nudges += [
            to_deliver(lane, some[0], some[-1])
            for some in (ids[first : first + chunk] for first in range(0, len(ids), chunk))
        ]
    return nudges
