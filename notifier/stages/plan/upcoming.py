"""The issues of a site that will go out, or whose letters are not all planned: from when until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifier.domain.desk_words import IssueState
from notifier.models import Issue, IssueItem, Wave

COMING_MAX: Final = 60
_COMING: Final = (IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED)


@dataclass(frozen=True, slots=True)
class Coming:
    """An issue as the calendar names it. Whom it reaches is looked up when it leaves."""

    id: int
    title: str
    state: IssueState
    at: datetime
    """When its first letters that are not planned yet are due."""
    until: datetime
    """When its last ones are; the same as `at` where there is one moment for all."""
    wall: datetime | None
    """What the readers' own clocks show then, kept as if it were UTC; None for one moment."""
    articles: int


def coming(session: Session, site_id: int) -> list[Coming]:
    """The next one first."""
    articles = select(func.count()).where(IssueItem.issue_id == Issue.id).scalar_subquery()
    at, until = func.min(Wave.due_at), func.max(Wave.due_at)
    rows = session.execute(
        select(Issue.id, Issue.title, Issue.state, at, until, Issue.local_at, articles)
        .join(Wave, Wave.issue_id == Issue.id)
        .where(Issue.site_id == site_id, Issue.state.in_(_COMING), Wave.planned_at.is_(None))
        .group_by(Issue.id)
        .order_by(at, Issue.id)
        .limit(COMING_MAX)
    )
    return [Coming(*row) for row in rows]
