"""The rows that every act on an issue begins with, and whose line in the log it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Issue, Wave


@dataclass(frozen=True, slots=True)
class Which:
    """An issue of a site, and who acts on it when."""

    site_id: int
    issue_id: int
    by: Actor
    now: datetime


def locked(session: Session, of: Which) -> Issue:
    """The issue, ours until the transaction ends. Raises LookupError for one that is not of this site."""
    issue = session.get(Issue, of.issue_id, with_for_update=True)
    if issue is None or issue.site_id != of.site_id:
        raise LookupError(of.issue_id)
    return issue


def note(session: Session, of: Which, action: str, detail: Mapping[str, str | int] | None = None) -> None:
    """Write the act's line in the log."""
    audit.note(session, of.by, f"issue.{action}", of.now, site_id=of.site_id, issue=of.issue_id, **(detail or {}))


def deliveries(session: Session, issue_id: int) -> ColumnElement[bool]:
    """Those that are owed for an issue; found by where they lie, for no index holds what a delivery is about."""
    first, last = session.execute(
        select(func.min(Wave.first_id), func.max(Wave.last_id)).where(Wave.issue_id == issue_id, Wave.first_id > 0)
    ).one()
    within = Delivery.id.between(first or 0, last or 0)
    return within & (Delivery.kind == LetterKind.ISSUE) & (Delivery.about_id == issue_id)
