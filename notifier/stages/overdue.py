"""What is unfinished for too long, as nudges: whatever Redis lost is rung again from rows."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain.desk_words import ActState, ImportState, IssueState
from notifier.domain.words import Lane, ReplyState, State
from notifier.held import is_free
from notifier.models import (
    BulkAct,
    Call,
    Correction,
    Delivery,
    Endpoint,
    Import,
    Issue,
    Item,
    Proof,
    Reply,
    Run,
    SignIn,
    Signup,
    Source,
    Trial,
    Wave,
    is_waiting,
)
from notifier.queue import (
    Nudge,
    to_act,
    to_call,
    to_correct,
    to_deliver,
    to_hand_over,
    to_import,
    to_plan,
    to_poll,
    to_prove,
    to_publish,
    to_sign_in,
    to_sign_up,
    to_try,
    to_wave,
)

AT_ONCE = 500
CHUNKS_AT_ONCE = 40


def unfinished(session: Session, before: datetime) -> list[Nudge]:
    """Nudges for whatever waits since `before`."""
    signups = session.scalars(
        select(Signup.id).where(Signup.handled_at.is_(None), Signup.created_at <= before).limit(AT_ONCE)
    )
    links = session.scalars(
        select(SignIn.id).where(SignIn.handled_at.is_(None), SignIn.created_at <= before).limit(AT_ONCE)
    )
    items = session.execute(
        select(Item.id, Item.kind).where(Item.matched_at.is_(None), Item.received_at <= before).limit(AT_ONCE)
    )
    runs = session.scalars(select(Run.id).where(Run.planned_at.is_(None), Run.created_at <= before).limit(AT_ONCE))
    is_open = Correction.settled_at.is_(None)
    corrections = session.scalars(select(Correction.id).where(is_open, Correction.look_at <= before).limit(AT_ONCE))
    is_owed = select(Call.id).where(Call.endpoint_id == Endpoint.id, is_waiting(), Call.next_attempt_at <= before)
    endpoints = select(Endpoint.id).where(Endpoint.disabled_at.is_(None), is_owed.exists()).limit(AT_ONCE)
    replies = select(Reply.id).where(Reply.state == ReplyState.WAITING, Reply.next_attempt_at <= before)
    going = Issue.state.in_([IssueState.SCHEDULED, IssueState.SENDING])
    waves = session.scalars(
        select(Wave.id)
        .join(Issue, Issue.id == Wave.issue_id)
        .where(Wave.planned_at.is_(None), Wave.due_at <= before, going)
        .order_by(Wave.due_at, Wave.is_rest, Wave.id)
        .limit(AT_ONCE)
    )
    return [
        *_to_the_desk(session, before),
        *map(to_wave, waves),
        *(to_hand_over(one) for one in session.scalars(replies.order_by(Reply.next_attempt_at).limit(AT_ONCE))),
        *(to_sign_up(one) for one in signups),
        *(to_sign_in(one) for one in links),
        *(to_publish(one, kind) for one, kind in items),
        *(to_plan(one) for one in runs),
        *(to_correct(one) for one in corrections),
        *(to_call(one) for one in session.scalars(endpoints)),
        *unfinished_rolls(session, before),
    ]


def _to_the_desk(session: Session, before: datetime) -> list[Nudge]:
    trials = select(Trial.id).where(Trial.taken_at.is_(None), Trial.created_at <= before)
    proofs = select(Proof.id).where(Proof.taken_at.is_(None), Proof.created_at <= before)
    return [
        *map(to_try, session.scalars(trials.limit(AT_ONCE))),
        *map(to_prove, session.scalars(proofs.limit(AT_ONCE))),
    ]


def unfinished_rolls(session: Session, before: datetime) -> list[Nudge]:
    """Nudges for imports and acts on many readers that nobody has gone on with since `before`."""
    imports = select(Import.id).where(
        Import.state.in_([ImportState.CHECKING, ImportState.IMPORTING]), Import.touched_at <= before, ~Import.is_local
    )
    acts = select(BulkAct.id).where(BulkAct.state.in_([ActState.DOING, ActState.UNDOING]), BulkAct.touched_at <= before)
    return [
        *(to_import(one) for one in session.scalars(imports.limit(AT_ONCE))),
        *(to_act(one) for one in session.scalars(acts.limit(AT_ONCE))),
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
