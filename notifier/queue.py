"""Task names, and the one way to nudge a worker: after the commit, never before."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from notifier.db import Database
from notifier.domain.words import ItemKind, Lane

_NUDGES: Final = "notifier.nudges"


class Task(StrEnum):
    """The name of each Celery task; a test asserts that `workers.tasks` registers every one."""

    PUBLISH = "notifier.publish"
    SIGN_UP = "notifier.sign_up"
    SIGN_IN = "notifier.sign_in"
    PLAN_RUN = "notifier.plan_run"
    PLAN_CORRECTION = "notifier.plan_correction"
    PLAN_WAVE = "notifier.plan_wave"
    SETTLE_ISSUE = "notifier.settle_issue"
    SEND_TRIAL = "notifier.send_trial"
    SEND_PROOF = "notifier.send_proof"
    DELIVER = "notifier.deliver"
    HAND_OVER = "notifier.hand_over"
    CALL = "notifier.call"
    POLL_SOURCE = "notifier.poll_source"
    IMPORT = "notifier.import"
    BULK_ACT = "notifier.bulk_act"
    TICK = "notifier.tick"


@dataclass(frozen=True, slots=True)
class Nudge:
    """A ring at a worker's door: a task and ids, nothing else. Losing one costs time, never a letter."""

    task: Task
    args: tuple[int | str, ...]
    lane: Lane
    expires_s: float | None = None
    """Seconds after which it is worth nothing any more (periodic nudges: a later one makes up for it)."""


def to_publish(item_id: int, kind: ItemKind) -> Nudge:
    """Match an item and plan what it owes."""
    return Nudge(Task.PUBLISH, (item_id,), Lane.ALERTS if kind is ItemKind.ARTICLE else Lane.REPLIES)


def to_sign_up(signup_id: int) -> Nudge:
    """Decide on a sign-up."""
    return Nudge(Task.SIGN_UP, (signup_id,), Lane.URGENT)


def to_sign_in(sign_in_id: int) -> Nudge:
    """Answer a wish for a sign-in link."""
    return Nudge(Task.SIGN_IN, (sign_in_id,), Lane.URGENT)


def to_plan(run_id: int) -> Nudge:
    """Plan a digest run."""
    return Nudge(Task.PLAN_RUN, (run_id,), Lane.DIGESTS)


def to_correct(correction_id: int) -> Nudge:
    """Plan a correction, or look again at who was still to get the article when it was planned."""
    return Nudge(Task.PLAN_CORRECTION, (correction_id,), Lane.ALERTS)


def to_hand_over(reply_id: int) -> Nudge:
    """Hand a reader's reply to its site."""
    return Nudge(Task.HAND_OVER, (reply_id,), Lane.REPLIES)


def to_wave(wave_id: int) -> Nudge:
    """Plan a wave of an issue."""
    return Nudge(Task.PLAN_WAVE, (wave_id,), Lane.DIGESTS)


def to_settle(issue_id: int) -> Nudge:
    """Drop what is left of a cancelled issue, and note when an issue is done."""
    return Nudge(Task.SETTLE_ISSUE, (issue_id,), Lane.DIGESTS)


def to_try(trial_id: int) -> Nudge:
    """Send a trial letter of an issue."""
    return Nudge(Task.SEND_TRIAL, (trial_id,), Lane.URGENT)


def to_prove(proof_id: int) -> Nudge:
    """Send an editor a digest before it goes out. At once: it is worth nothing afterwards."""
    return Nudge(Task.SEND_PROOF, (proof_id,), Lane.URGENT)


def to_call(endpoint_id: int) -> Nudge:
    """Tell an endpoint what it is owed. Not before letters: it may be slow to answer."""
    return Nudge(Task.CALL, (endpoint_id,), Lane.BULK)


def to_poll(source_id: int) -> Nudge:
    """Poll a source."""
    return Nudge(Task.POLL_SOURCE, (source_id,), Lane.BULK)


def to_import(import_id: int) -> Nudge:
    """Go on with an import."""
    return Nudge(Task.IMPORT, (import_id,), Lane.BULK)


def to_act(act_id: int) -> Nudge:
    """Go on with an act on many readers."""
    return Nudge(Task.BULK_ACT, (act_id,), Lane.BULK)


def to_deliver(lane: Lane, first_id: int, last_id: int) -> Nudge:
    """Send what is due of one lane among these deliveries."""
    return Nudge(Task.DELIVER, (lane.value, first_id, last_id), lane)


Bell = Callable[[Sequence[Nudge]], None]
"""Rings nudges out; never raises: a nudge that is lost is made up for by the sweep."""


@contextmanager
def transaction(db: Database, bell: Bell, *, is_snapshot: bool = False) -> Iterator[Session]:
    """A writing transaction that rings its nudges once it is committed.

    The commit is ours to see here: SQLAlchemy's own after_commit event also fires for a savepoint.
    """
    with db.writing(is_snapshot=is_snapshot) as session:
        yield session
        nudges = session.info.pop(_NUDGES, [])
    if nudges:
        bell(nudges)


def later(session: Session, *nudges: Nudge) -> None:
    """Ring these once the surrounding `transaction` is committed."""
    session.info.setdefault(_NUDGES, []).extend(nudges)
