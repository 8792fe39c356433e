"""An issue as one real reader would get it: who they are, and whether it is meant for them."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.signup import is_suppressed
from notifier.domain.issues import Audience
from notifier.domain.words import LetterKind
from notifier.issues import rows
from notifier.issues.rows import Which
from notifier.models import Issue, Site, Subscriber
from notifier.parts import Parts
from notifier.stages.plan.audience import fits


@dataclass(frozen=True, slots=True)
class Reader:
    """As whom somebody looks."""

    id: int
    address: str = field(repr=False)
    name: str = field(repr=False)
    spoken: str
    """Their language, digits and calendar, as `Spoken` has them, in a language that we write."""
    is_meant: bool
    """Whether they would get the issue if it left now."""


def reader(session: Session, parts: Parts, issue: Issue, reader_id: int, now: datetime) -> Reader | None:
    """One of the site's readers; None for anybody else."""
    row = session.get(Subscriber, reader_id)
    if row is None or row.site_id != issue.site_id:
        return None
    edition = parts.edition(session.get_one(Site, issue.site_id), LetterKind.ISSUE, now)
    return Reader(row.id, row.address, row.name, edition.spoken(row.language), _is_meant(session, issue, row, now))


def note(parts: Parts, of: Which, reader_id: int) -> None:
    """That somebody looked at an issue as this reader."""
    with parts.db.writing() as session:
        rows.note(session, of, "seen_as", {"subscriber": reader_id})


def _is_meant(session: Session, issue: Issue, row: Subscriber, now: datetime) -> bool:
    meant = fits(session, issue.site_id, Audience.stored(issue.audience), now, are_few=True)
    if is_suppressed(session, row.site_id, row.address_hash, row.address_key):
        return False
    return session.scalar(select(Subscriber.id).where(Subscriber.id == row.id, meant)) is not None
