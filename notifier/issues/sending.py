"""An issue on its way: scheduled, planned wave by wave, paused, resumed, cancelled, and done.

schedule -> waves -> beat or at once -> [PLAN_WAVE wave] -> plan -> commit -> [DELIVER ids] -> as every letter
beat -> [SETTLE_ISSUE issue]: nothing open any more is `sent`; what is left of a cancelled one is dropped
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from notifier.domain.calls import HookEvent
from notifier.domain.desk_words import IssueState
from notifier.domain.issues import IssueRefused, When
from notifier.domain.words import LetterKind, Reason, State
from notifier.issues import reopening, waves
from notifier.issues.interest import interest
from notifier.issues.letters import Look, made
from notifier.issues.rows import Which, deliveries, locked, note
from notifier.issues.telling import tell
from notifier.models import Delivery, Issue, IssueItem, Site, Wave
from notifier.parts import Parts
from notifier.queue import Nudge, later, to_settle, to_wave, transaction
from notifier.stages import record
from notifier.stages.plan.issues import plan_wave as plan
from notifier.stages.plan.issues import settle_winner
from notifier.stages.plan.letters import Edition, chunks, newest
from notifier.stages.render import RenderFailed

RUNNING: Final = (IssueState.SCHEDULED, IssueState.SENDING)
_LATE: Final = timedelta(minutes=5)
"""Somebody filled the form in before the minute they named was over."""


def schedule(parts: Parts, of: Which, when: When) -> None:
    """Let it go out now, at a moment, or by each reader's clock. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = locked(session, of)
        if not issue.state.is_open:
            raise IssueRefused("closed")
        if not issue.html and session.scalar(select(IssueItem.item_id).where(IssueItem.issue_id == issue.id)) is None:
            raise IssueRefused("empty")
        at = None if when.wall else when.at or of.now
        if (waves.last_moment(when.wall) if when.wall else at or of.now) < of.now - _LATE:
            raise IssueRefused("past", "when")
        _try_to_make(parts, issue, of.now)
        session.execute(delete(Wave).where(Wave.issue_id == issue.id))
        issue.state, issue.send_at, issue.local_at = IssueState.SCHEDULED, at, waves.kept(when.wall)
        new = waves.make(session, issue)
        note(session, of, "scheduled", {"waves": len(new)})
        tell(session, issue, HookEvent.ISSUE_SCHEDULED, of.now)
        later(session, *(to_wave(one.id) for one in new if one.due_at <= of.now))


def unschedule(parts: Parts, of: Which) -> None:
    """Make it a draft again, as long as none of it is planned. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = _in(session, of, IssueState.SCHEDULED)
        session.execute(delete(Wave).where(Wave.issue_id == issue.id))
        issue.state, issue.send_at, issue.local_at = IssueState.DRAFT, None, None
        note(session, of, "unscheduled")
        tell(session, issue, HookEvent.ISSUE_UNSCHEDULED, of.now)


def choose_winner(parts: Parts, of: Which, subject: int) -> None:
    """Say which subject the rest gets, as long as any of it is not planned. Raises IssueRefused, LookupError."""
    with parts.db.writing() as session:
        issue = _in(session, of, *RUNNING, IssueState.PAUSED)
        if not 0 <= subject < len(issue.subjects) or not waves.rests_waiting(session, issue.id):
            raise IssueRefused("winner_late", "winner")
        issue.winner, issue.is_winner_known = subject, True
        note(session, of, "winner_chosen", {"subject": subject})


def pause(parts: Parts, of: Which) -> None:
    """Claim none of its letters any more; those that are claimed already leave. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = _in(session, of, IssueState.SENDING)
        issue.state, issue.paused_at = IssueState.PAUSED, of.now
        note(session, of, "paused")
        tell(session, issue, HookEvent.ISSUE_PAUSED, of.now)


def resume(parts: Parts, of: Which) -> None:
    """Go on where it was paused; letters have at least half of their time again. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = _in(session, of, IssueState.PAUSED)
        waves.make_up(session, issue, issue.paused_at or of.now, of.now)
        issue.state, issue.paused_at = IssueState.SENDING, None
        session.flush()
        ours = deliveries(session, issue.id)
        # Half of their time is enough, and a short pause need not touch a million rows.
        record.prolong(session, ours, of.now + parts.keeps(LetterKind.ISSUE) / 2)
        note(session, of, "resumed")
        tell(session, issue, HookEvent.ISSUE_RESUMED, of.now)
        later(session, *chunks(session, ours & (Delivery.state == State.QUEUED), parts.settings.chunk_size))
        later(session, *(to_wave(one) for one in session.scalars(_due(of.now).where(Issue.id == issue.id))))


def cancel(parts: Parts, of: Which) -> None:
    """Send no more of it: what is queued is dropped, with its reason. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = _in(session, of, *RUNNING, IssueState.PAUSED)
        issue.state = IssueState.CANCELLED
        note(session, of, "cancelled")
        tell(session, issue, HookEvent.ISSUE_CANCELLED, of.now)
        later(session, to_settle(issue.id))


def resend(parts: Parts, of: Which) -> int:
    """Queue the letters again that failed; gives how many. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = _in(session, of, IssueState.SENT, IssueState.SENDING, IssueState.PAUSED)
        ours = deliveries(session, issue.id)
        count = reopening.retry(session, ours, of.now, of.now + parts.keeps(LetterKind.ISSUE))
        note(session, of, "resent", {"letters": count})
        later(session, *chunks(session, ours & (Delivery.state == State.QUEUED), parts.settings.chunk_size))
        return count


def plan_wave(parts: Parts, wave_id: int, now: datetime) -> None:
    """plan, for one wave of an issue; doing it twice plans nothing more. Held back or too early, it waits for beat."""
    with transaction(parts.db, parts.bell) as session:
        issue_id = session.scalar(select(Wave.issue_id).where(Wave.id == wave_id))
        issue = session.get(Issue, issue_id, with_for_update=True) if issue_id else None
        # Only now, with the issue's row in hand, does the wave stand still.
        wave = session.get(Wave, wave_id)
        if issue is None or wave is None or issue.state not in RUNNING or not waves.is_ripe(session, wave, now):
            return
        site = session.get_one(Site, issue.site_id)
        edition = Edition(site, parts.renderer.languages, now, parts.keeps(LetterKind.ISSUE), parts.room)
        before = newest(session)
        if wave.is_rest and not issue.is_winner_known:
            settle_winner(issue, interest(session, issue), is_last=waves.rests_waiting(session, issue.id) == 1)
        if not wave.is_rest:
            waves.let_rest_wait(session, issue, wave, now)
        wave.planned_count = plan(session, edition, issue, wave)
        wave.planned_at, wave.first_id, wave.last_id = now, before + 1, newest(session)
        if issue.state is IssueState.SCHEDULED:
            issue.state, issue.begun_at = IssueState.SENDING, issue.begun_at or now
            tell(session, issue, HookEvent.ISSUE_SENDING, now)
        session.flush()
        ours = deliveries(session, issue.id) & Delivery.id.between(wave.first_id, wave.last_id)
        later(session, *chunks(session, ours, parts.settings.chunk_size))
        if not wave.planned_count:
            later(session, to_settle(issue.id))


def settle(parts: Parts, issue_id: int, now: datetime) -> None:
    """Drop what is left of a cancelled issue, some thousands at a time, and note when an issue is done."""
    while _drop_some(parts, issue_id, now):
        pass
    with transaction(parts.db, parts.bell) as session:
        issue = session.get(Issue, issue_id, with_for_update=True)
        if issue is None or issue.finished_at or not _is_done(session, issue):
            return
        if issue.state is IssueState.SENDING:
            issue.state, issue.finished_at = IssueState.SENT, now
            tell(session, issue, HookEvent.ISSUE_SENT, now)
        elif issue.state is IssueState.CANCELLED:
            issue.finished_at = now


def due(parts: Parts, now: datetime) -> list[Nudge]:
    """Nudges for the waves whose moment has come, and for the issues that may be done."""
    with parts.db.reading() as session:
        ripe = session.scalars(_due(now)).all()
        unfinished = Issue.state.in_([IssueState.SENDING, IssueState.CANCELLED]) & Issue.finished_at.is_(None)
        ending = session.scalars(select(Issue.id).where(unfinished)).all()
    return [*map(to_wave, ripe), *map(to_settle, ending)]


def _try_to_make(parts: Parts, issue: Issue, now: datetime) -> None:
    """A letter that cannot be made would fail for everybody: better now, before one who can mend it."""
    try:
        made(parts, issue, Look(), now)
    except (RenderFailed, ValueError):
        raise IssueRefused("unmade", "intro") from None


def _due(now: datetime) -> Select[int]:
    waiting = select(Wave.id).join(Issue, Issue.id == Wave.issue_id).where(Issue.state.in_(RUNNING))
    return waiting.where(Wave.planned_at.is_(None), Wave.due_at <= now).order_by(Wave.due_at, Wave.is_rest, Wave.id)


def _drop_some(parts: Parts, issue_id: int, now: datetime) -> int:
    with parts.db.writing() as session:
        if session.scalar(select(Issue.state).where(Issue.id == issue_id)) is not IssueState.CANCELLED:
            return 0
        lane = Delivery.lane == LetterKind.ISSUE.lane
        return record.drop(session, lane & deliveries(session, issue_id), Reason.CANCELLED, now)


def _is_done(session: Session, issue: Issue) -> bool:
    unplanned = select(Wave.id).where(Wave.issue_id == issue.id, Wave.planned_at.is_(None)).limit(1)
    if issue.state is not IssueState.CANCELLED and session.scalar(unplanned) is not None:
        return False
    ours = deliveries(session, issue.id) & (Delivery.lane == LetterKind.ISSUE.lane)
    # Each state by itself: the index of the queued and the one of those being sent hold nothing else.
    states = (State.QUEUED, State.SENDING)
    return all(
        session.scalar(select(Delivery.id).where(ours, Delivery.state == one).limit(1)) is None for one in states
    )


def _in(session: Session, of: Which, *states: IssueState) -> Issue:
    issue = locked(session, of)
    if issue.state not in states:
        raise IssueRefused("state")
    return issue
