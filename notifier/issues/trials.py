"""Trial letters: an issue to one's own address, marked as such and in nobody's books."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.issues import IssueRefused
from notifier.domain.outcome import Outcome, Sent
from notifier.issues.letters import Look, addressed, content, post
from notifier.issues.rows import Which, locked, note
from notifier.models import AuditEvent, Issue, Trial, User
from notifier.parts import Parts
from notifier.queue import later, to_try, transaction
from notifier.stages.render import RenderFailed

PER_HOUR: Final = 20


def ask(parts: Parts, of: Which, user_id: int, subject: int) -> int:
    """Ask for a trial letter to a user's own address; gives its id. Raises IssueRefused, LookupError."""
    with transaction(parts.db, parts.bell) as session:
        issue = locked(session, of)
        since = of.now - timedelta(hours=1)
        asked = select(func.count()).where(Trial.user_id == user_id, Trial.created_at > since)
        if (session.scalar(asked.select_from(Trial)) or 0) >= PER_HOUR:
            raise IssueRefused("trials_many")
        trial = Trial(issue_id=issue.id, user_id=user_id, subject=subject, created_at=of.now)
        session.add(trial)
        session.flush()
        note(session, of, "tried", {"trial": trial.id})
        later(session, to_try(trial.id))
        return trial.id


def send_to(parts: Parts, of: Which, to: str, subject: int) -> Outcome:
    """Send a trial letter to an address at once, for whoever has no address of their own here; the log has no address.

    As many an hour as a user may ask for. Raises IssueRefused, LookupError, AddressInvalid, RenderFailed, ValueError.
    """
    to = check_address(to).wire
    with parts.db.writing() as session:
        issue = locked(session, of)
        theirs = AuditEvent.site_id == of.site_id, AuditEvent.actor == of.by.name, AuditEvent.action == "issue.tried"
        lately = select(func.count()).where(*theirs, AuditEvent.at > of.now - timedelta(hours=1))
        if (session.scalar(lately.select_from(AuditEvent)) or 0) >= PER_HOUR:
            raise IssueRefused("trials_many")
        note(session, of, "tried")
    with parts.db.reading() as session:
        found = content(session, issue, Look(subject, is_trial=True), of.now)
    return post(parts, addressed(parts, parts.press.apart(), found, to, of.now))


def send(parts: Parts, trial_id: int, now: datetime) -> None:
    """Send it, once; what the server said stands beside it."""
    with parts.db.writing() as session:
        won = update(Trial).where(Trial.id == trial_id, Trial.taken_at.is_(None)).values(taken_at=now)
        row = session.execute(won.returning(Trial.issue_id, Trial.user_id, Trial.subject)).one_or_none()
    if row is None:
        return
    is_sent, answer = _sent(parts, row.issue_id, row.user_id, Look(row.subject, is_trial=True), now)
    with parts.db.writing() as session:
        session.execute(update(Trial).where(Trial.id == trial_id).values(is_sent=is_sent, answer=answer[:500]))


def latest(parts: Parts, issue_id: int, user_id: int) -> Trial | None:
    """The last one that this user asked for."""
    theirs = select(Trial).where(Trial.issue_id == issue_id, Trial.user_id == user_id)
    with parts.db.reading() as session:
        return session.scalars(theirs.order_by(Trial.id.desc()).limit(1)).one_or_none()


def _sent(parts: Parts, issue_id: int, user_id: int, look: Look, now: datetime) -> tuple[bool, str]:
    with parts.db.reading() as session:
        issue, user = session.get_one(Issue, issue_id), session.get_one(User, user_id)
        found = content(session, issue, look, now)
    try:
        outcome = post(parts, addressed(parts, parts.press, found, user.address, now))
    except (RenderFailed, AddressInvalid, ValueError) as fault:
        return False, f"{type(fault).__name__}: {fault}"
    return isinstance(outcome, Sent), outcome.reply
