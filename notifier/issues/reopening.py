"""Another chance for failed letters: those of an issue that was done open it again, and it settles once more."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.calls import HookEvent
from notifier.domain.desk_words import IssueState
from notifier.domain.words import LetterKind, State
from notifier.issues.telling import tell
from notifier.models import Delivery, Issue
from notifier.stages import record

_CANCELLED = select(Issue.id).where(Issue.state == IssueState.CANCELLED)


def may_go_on() -> ColumnElement[bool]:
    """That a letter is of no cancelled issue: queued again, nobody would ever send it or end it."""
    return (Delivery.kind != LetterKind.ISSUE) | Delivery.about_id.not_in(_CANCELLED)


def retry(session: Session, which: ColumnElement[bool], now: datetime, until: datetime | None = None) -> int:
    """Queue failed letters again, as `record.retry` does, but none of a cancelled issue; gives how many.

    An issue that was sent is being sent again, so that it can be paused and settles when they have left.
    """
    issues = _locked(session, which, now if until is None else None)
    # A letter that fails only now belongs to an issue that is not ours: it waits for the next retry.
    ours = (Delivery.kind != LetterKind.ISSUE) | among(session, Delivery.about_id, [one.id for one in issues])
    count = record.retry(session, which & ours, now, until)
    for issue in issues:
        if issue.state is IssueState.SENT:
            issue.state, issue.finished_at = IssueState.SENDING, None
            tell(session, issue, HookEvent.ISSUE_SENDING, now)
    return count


def _locked(session: Session, which: ColumnElement[bool], alive_at: datetime | None) -> list[Issue]:
    """The issues whose failed letters these are, ours before any letter is, as every act on an issue takes them."""
    failed = which & (Delivery.kind == LetterKind.ISSUE) & (Delivery.state == State.FAILED)
    failed &= Delivery.expires_at > alive_at if alive_at else true()
    theirs = Issue.id.in_(select(Delivery.about_id).where(failed)), Issue.state != IssueState.CANCELLED
    return list(session.scalars(select(Issue).where(*theirs).order_by(Issue.id).with_for_update()))
