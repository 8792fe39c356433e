"""The issues of editors that belong to everybody: those for a list that anybody may join."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from notifier.archive.sent import FILED_AT_ONCE, Sent, is_new
from notifier.bulk import among
from notifier.domain.desk_words import IssueState
from notifier.domain.html import excerpt, to_text
from notifier.domain.issues import Audience
from notifier.domain.words import LetterKind
from notifier.models import Archived, Issue, IssueItem, Site, Wave

LEAD_MAX: Final = 280
_GOING: Final = (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT)
_LASTS: Final = timedelta(days=7)
"""From an issue's first wave, over its trial of subjects, to its last."""


@dataclass(frozen=True, slots=True)
class Headed:
    """How an issue is named where many are listed."""

    title: str
    lead: str


def issues(session: Session, since: datetime, articles_max: int) -> Iterator[Sent]:
    """Issues that have begun to leave, under the subject of all others; one waits while that may still change."""
    del articles_max
    rows = session.scalars(
        select(Issue)
        .join(Site, Site.id == Issue.site_id)
        .where(
            Site.has_archive,
            Issue.state.in_(_GOING),
            Issue.begun_at > since - _LASTS,
            *is_new(LetterKind.ISSUE, Issue.id),
        )
        .order_by(Issue.begun_at)
        .limit(FILED_AT_ONCE)
    ).all()
    public = [one for one in rows if is_public(Audience.stored(one.audience))]
    tried_out = _tried_out(session, [one.id for one in public if not one.is_winner_known])
    ready = [one for one in public if one.id not in tried_out]
    items = _items(session, [one.id for one in ready])
    for one in ready:
        if one.begun_at is not None:
            data = {"issue_id": one.id, "subject": one.winner or 0, "language": one.language}
            topics = tuple(one.audience.get("topics", ()))
            shown = items.get(one.id, ())
            yield Sent(one.site_id, LetterKind.ISSUE, one.id, one.begun_at, shown, data=data, topics=topics)


def is_public(audience: Audience) -> bool:
    """Whether anybody can come to be of it by what they choose: not by a tag of ours, when they came, or how."""
    return not (audience.tags or audience.sources or audience.joined_days or audience.alive_days)


def has_words() -> ColumnElement[bool]:
    """Of Archived: whether an editor wrote something that stands without its items."""
    return exists().where(Archived.kind == LetterKind.ISSUE, Issue.id == Archived.about_id, Issue.html != "")


def is_cancelled() -> ColumnElement[bool]:
    """Of Archived: whether an editor stopped it for good after some had got it."""
    ours = (Archived.kind == LetterKind.ISSUE, Issue.id == Archived.about_id)
    return exists().where(*ours, Issue.state == IssueState.CANCELLED)


def headed(session: Session, rows: Sequence[Archived]) -> dict[int, Headed]:
    """The title and the first words of the issues among these, by the id of their rows."""
    ids = {row.about_id: row.id for row in rows if row.kind is LetterKind.ISSUE}
    if not ids:
        return {}
    found = session.execute(select(Issue.id, Issue.title, Issue.html).where(among(session, Issue.id, ids)))
    return {ids[one]: Headed(title, excerpt(to_text(html), LEAD_MAX)) for one, title, html in found}


def _tried_out(session: Session, issue_ids: Sequence[int]) -> set[int]:
    """Those of them with a wave that waits for its subject."""
    waiting = among(session, Wave.issue_id, issue_ids), Wave.is_rest, Wave.planned_at.is_(None)
    return set(session.scalars(select(Wave.issue_id).where(*waiting))) if issue_ids else set()


def _items(session: Session, issue_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """In the order of the letter: what is pinned first."""
    rows = session.execute(
        select(IssueItem.issue_id, IssueItem.item_id)
        .where(among(session, IssueItem.issue_id, issue_ids))
        .order_by(IssueItem.is_pinned.desc(), IssueItem.position, IssueItem.item_id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for issue, item in rows:
        found[issue] = (*found.get(issue, ()), item)
    return found
