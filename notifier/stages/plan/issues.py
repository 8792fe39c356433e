"""A wave of an issue: one letter a subject, one delivery a person whatever happens."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Select, String, cast, exists, func, literal, select
from sqlalchemy.orm import Session

from notifier.domain.desk_words import WinnerRule
from notifier.domain.issues import BUCKETS, Audience
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Issue, IssueItem, Subscriber, Wave
from notifier.stages.plan.audience import fits
from notifier.stages.plan.crowd import plan_crowd
from notifier.stages.plan.letters import About, Draft, Edition

MEASURED_LEAST: Final = 30
"""So many opens or clicks decide for readers of zones whose own samples may still be to come."""


def plan_wave(session: Session, edition: Edition, issue: Issue, wave: Wave) -> int:
    """Owe the issue to everybody of this wave who was not owed it; gives how many that are.

    The caller holds the issue's row: two waves at once would owe it twice to a reader who moved from one to the other.
    Before a rest is planned the caller has settled the winner.
    """
    about = About(LetterKind.ISSUE, issue.id)
    items = tuple(session.scalars(shown(issue.id)))

    def draft(want: str) -> Draft:
        # A rest's letters are apart: they all have one subject, and what moved their readers compares nothing.
        data = {"issue_id": issue.id, "subject": int(want), **({"is_rest": True} if wave.is_rest else {})}
        return Draft(edition.site.id, LetterKind.ISSUE, issue.language, items, data=data, about_id=issue.id)

    return plan_crowd(session, edition, about, _readers(session, edition, issue, wave), draft)


def shown(issue_id: int) -> Select[int]:
    """The ids of an issue's items in the order of the letter: what is pinned first."""
    of_issue = select(IssueItem.item_id).where(IssueItem.issue_id == issue_id)
    return of_issue.order_by(IssueItem.is_pinned.desc(), IssueItem.position, IssueItem.item_id)


def settle_winner(issue: Issue, counted: Mapping[int, int] | None, *, is_last: bool) -> None:
    """Choose the subject for a rest: the one that moved most in all samples so far, or the first where none did.

    It stands where enough was counted, or `is_last`: no other rest waits for what more samples tell.
    """
    moved = (counted or {}) if issue.winner_rule is not WinnerRule.HAND else {}
    issue.winner = max(sorted(moved), key=moved.__getitem__, default=0)
    issue.is_winner_known = bool(moved) and (is_last or sum(moved.values()) >= MEASURED_LEAST)


def bucket(issue_id: int) -> ColumnElement[int]:
    """From 0 to 9,999 by the subscriber's id: the same at every look, and another with every issue.

    Knuth's multiplicative hash (The Art of Computer Programming, 6.4): its upper half is dealt out evenly.
    """
    mixed = (Subscriber.id + _whole(issue_id * 7919)) * _whole(2_654_435_761) % _whole(4_294_967_296)
    return mixed * _whole(BUCKETS) // _whole(4_294_967_296)


def _whole(number: int) -> ColumnElement[int]:
    return literal(number, BigInteger)


def _readers(session: Session, edition: Edition, issue: Issue, wave: Wave) -> Select[int, str]:
    subjects = max(1, len(issue.subjects))
    is_sample = subjects > 1 and not wave.is_rest
    want = cast(bucket(issue.id) % _whole(subjects), String) if is_sample else literal(str(issue.winner or 0))
    readers = select(Subscriber.id.label("reader"), want.label("want"))
    readers = readers.where(fits(session, issue.site_id, Audience.stored(issue.audience), edition.now))
    if is_sample:
        readers = readers.where(bucket(issue.id) < _whole(issue.sample_percent * BUCKETS // 100))
    others = select(Wave.id).where(Wave.issue_id == issue.id, Wave.planned_at.is_(None), Wave.id != wave.id)
    # The last one takes whoever is left, wherever they live: they moved, or signed up, while it went around the world.
    if wave.time_zone and session.scalar(others.limit(1)) is not None:
        readers = readers.where(Subscriber.time_zone == wave.time_zone)
    begun = session.scalar(select(func.min(Wave.first_id)).where(Wave.issue_id == issue.id, Wave.first_id > 0))
    if begun:
        had = exists().where(
            Delivery.subscriber_id == Subscriber.id,
            Delivery.kind == LetterKind.ISSUE,
            Delivery.about_id == issue.id,
            Delivery.id >= begun,
        )
        readers = readers.where(~had)
    return readers
