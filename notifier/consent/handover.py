"""An address that changes hands: what was let in by letters to the one before opens nothing any more.

Each reader has a generation, and what lets somebody in bears the one it was made in: a letter's link to the personal
page, a sign-in link, a session. Whatever is of an earlier one is shut, however late it was written. Links that end
letters bear none: they work for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from notifier.consent import signing_in
from notifier.consent.signing_in import Visitor
from notifier.models import ReaderSession, Subscriber


@dataclass(frozen=True, slots=True)
class PageLink:
    """Whom a letter's link to the personal page speaks for."""

    subscriber_id: int
    site_id: int = 0
    """0 for somebody who was erased."""
    language: str = ""
    is_former: bool = False
    """Whether it was mailed before the address changed hands."""


def shut(session: Session, reader: Subscriber) -> None:
    """Let nobody in any more who was let in until now."""
    reader.generation += 1
    signing_in.close(session, reader.id)


def page_link(session: Session, ids: Sequence[int]) -> PageLink:
    """What a signed link stands for; `ids` are a reader and, after the first time, their generation."""
    reader = session.get(Subscriber, ids[0])
    if reader is None:
        return PageLink(ids[0])
    is_former = reader.generation != (ids[1] if len(ids) > 1 else 0)
    return PageLink(reader.id, reader.site_id, reader.language, is_former)


def own(session: Session, visitor: Visitor) -> Subscriber:
    """The reader behind a session, locked. Raises LookupError where it was shut a moment ago, or they were erased."""
    reader = session.get(Subscriber, visitor.subscriber_id, with_for_update=True)
    if reader is None:
        raise LookupError(visitor.subscriber_id)
    open_one = exists().where(ReaderSession.id == visitor.session_id, ReaderSession.generation == reader.generation)
    if not session.scalar(select(open_one)):
        raise LookupError(visitor.session_id)
    return reader
