"""Issues have an audience in place of topics, and words of their own beside their items."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.issues import LEFT
from notifier.domain.owed import Owed
from notifier.domain.words import LetterKind
from notifier.models import (
    Issue,
    Mute,
    Subscription,
    Topic,
)
from notifier.stages.check.shown import Shown


class IssueNow(NamedTuple):
    """What must be known of an issue: whose it is, and whether it says something without its items."""

    site_id: int
    has_words: bool
    topics: tuple[str, ...]
    """Those that its audience follows; none for everybody."""


def issues_of(session: Session, owed: Sequence[Owed]) -> dict[int, IssueNow]:
    """The issues that these deliveries are of, by id."""
    ids = {one.about_id for one in owed if one.kind is LetterKind.ISSUE}
    if not ids:
        return {}
    rows = session.execute(select(Issue.id, Issue.site_id, Issue.html, Issue.audience).where(Issue.id.in_(ids)))
    return {one: IssueNow(site, bool(html), tuple(whom.get("topics", ()))) for one, site, html, whom in rows}


def with_words(one: Owed, shown: Shown, issues: Mapping[int, IssueNow]) -> Shown:
    """What an editor wrote goes out, even if all the items that went with it were taken back."""
    is_said = one.kind is LetterKind.ISSUE and one.about_id in issues and issues[one.about_id].has_words
    return Shown() if is_said else shown


def strays_of(session: Session, changed: Sequence[Owed], issues: Mapping[int, IssueNow]) -> set[int]:
    """The deliveries of issues whose readers left the editors' letters, or follow none of its topics any more."""
    strays = _leavers(session, [one for one in changed if one.kind is LetterKind.ISSUE])
    for about, issue in issues.items():
        theirs = [one for one in changed if one.kind is LetterKind.ISSUE and one.about_id == about]
        if not theirs or not issue.topics:
            continue
        follow = set(
            session.scalars(
                select(Subscription.subscriber_id)
                .join(Topic, Topic.id == Subscription.topic_id)
                .where(
                    among(
                        session, Subscription.subscriber_id, {one.subscriber_id for one in theirs if one.subscriber_id}
                    ),
                    Topic.site_id == issue.site_id,
                    Topic.name.in_(issue.topics),
                    Subscription.ended_at.is_(None),
                )
            )
        )
        strays |= {one.id for one in theirs if one.subscriber_id not in follow}
    return strays


def _leavers(session: Session, theirs: Sequence[Owed]) -> set[int]:
    if not theirs:
        return set()
    some = {one.subscriber_id for one in theirs if one.subscriber_id}
    left = select(Mute.subscriber_id).where(among(session, Mute.subscriber_id, some), Mute.what == LEFT)
    gone = set(session.scalars(left))
    return {one.id for one in theirs if one.subscriber_id in gone}
