"""Look at issues: the list, one with its items and waves, how far it has come, whom it would reach. Changes nothing."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import Database, allow_bulk, look_up_only
from notifier.domain.balance import Balance, Page
from notifier.domain.issues import Audience
from notifier.domain.words import ItemKind, ItemState, LetterKind
from notifier.models import Issue, IssueItem, Item, Site, Subscriber, Tally, Topic, Wave
from notifier.patience import be_quick, was_too_slow
from notifier.stages import books
from notifier.stages.plan.audience import would_get

PAGE: Final = 50
FOUND_MAX: Final = 20
WAVES_MAX: Final = 100
TOPICS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Sampling:
    """When an audience is estimated, and from how many."""

    size: int = 5000
    hits_least: int = 400
    """From then on the estimate is off by less than a tenth in nineteen of twenty cases."""
    worth_from: int = 100_000
    """With fewer readers all are counted."""
    patience_s: float = 0.05
    """How long a page waits for the count of a small audience, which an index may tell at once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item of an issue, as its list names it."""

    id: int
    title: str
    is_live: bool
    is_pinned: bool
    image_url: str
    image_alt: str
    url: str


class Certainty(StrEnum):
    """How a number of readers is meant."""

    COUNTED = "counted"
    ABOUT = "about"
    """Told from a sample, with two digits that count."""
    AT_MOST = "at_most"
    """So few of a sample that only this can be said, and too long to count while somebody waits."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many readers an audience has."""

    people: int
    certainty: Certainty = Certainty.COUNTED


def one(session: Session, site_id: int, issue_id: int) -> Issue:
    """Raises LookupError for one that is not of this site."""
    issue = session.get(Issue, issue_id)
    if issue is None or issue.site_id != site_id:
        raise LookupError(issue_id)
    return issue


def listed(session: Session, site_id: int, before: int = 0) -> Sequence[Issue]:
    """A page of issues, the newest first; `before` is the last of the page before."""
    newest = select(Issue).where(Issue.site_id == site_id).order_by(Issue.id.desc()).limit(PAGE)
    return session.scalars(newest.where(Issue.id < before) if before else newest).all()


def newest(session: Session, site_id: int) -> int:
    """The id of the issue that was begun last; 0 where there is none."""
    return session.scalar(select(func.max(Issue.id)).where(Issue.site_id == site_id)) or 0


def items(session: Session, issue_id: int) -> list[Shown]:
    """An issue's items in the order of the letter."""
    rows = session.execute(
        select(Item.id, Item.title, Item.state, IssueItem.is_pinned, Item.image_url, Item.image_alt, Item.url)
        .join(IssueItem, IssueItem.item_id == Item.id)
        .where(IssueItem.issue_id == issue_id)
        .order_by(IssueItem.is_pinned.desc(), IssueItem.position, IssueItem.item_id)
    )
    return [
        Shown(row.id, row.title, row.state is ItemState.LIVE, row.is_pinned, row.image_url, row.image_alt, row.url)
        for row in rows
    ]


def guids(session: Session, issue_ids: Collection[int]) -> dict[int, list[str]]:
    """The guids of the items of several issues, each in the order of its letter."""
    rows = session.execute(
        select(IssueItem.issue_id, Item.guid)
        .join(Item, Item.id == IssueItem.item_id)
        .where(IssueItem.issue_id.in_(issue_ids))
        .order_by(IssueItem.issue_id, IssueItem.is_pinned.desc(), IssueItem.position, IssueItem.item_id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for issue_id, guid in rows:
        found[issue_id].append(guid)
    return found


def found(session: Session, site_id: int, words: str, before: int = 0) -> Sequence[Item]:
    """Live articles whose title holds these words, the newest first; `before` is the last that was seen."""
    live = (Item.site_id == site_id) & (Item.kind == ItemKind.ARTICLE) & (Item.state == ItemState.LIVE)
    newest = select(Item).where(live).order_by(Item.id.desc()).limit(FOUND_MAX)
    for word in words.split()[:8]:
        newest = newest.where(Item.title.icontains(word, autoescape=True))
    return session.scalars(newest.where(Item.id < before) if before else newest).all()


def count(session: Session, site_id: int, audience: Audience, now: datetime) -> int:
    """How many readers it would reach now."""
    allow_bulk(session)
    whom = would_get(session, site_id, audience, now)
    return session.scalar(select(func.count(Subscriber.id)).where(whom)) or 0


def reach(db: Database, site_id: int, audience: Audience, now: datetime, sampling: Sampling = Sampling()) -> Reach:
    """How many it would reach, as a page can say at once: where there are very many readers, told from a sample.

    A small audience is counted, for there an estimate is none; where that takes long, its bound is told.
    """
    with db.reading() as session:
        first, last = session.execute(select(func.min(Subscriber.id), func.max(Subscriber.id))).one()
        span = last - first + 1 if last else 0
        if span <= sampling.worth_from:
            return Reach(count(session, site_id, audience, now))
        # Always the same ones, so that the number stands still; not every so many-th, for ids may have a rhythm.
        ids = sorted(Random(span).sample(range(first, last + 1), sampling.size))  # noqa: S311 - no secret
        look_up_only(session)
        some = would_get(session, site_id, audience, now, are_few=True), among(session, Subscriber.id, ids)
        hits = session.scalar(select(func.count(Subscriber.id)).where(*some)) or 0
    if hits >= sampling.hits_least:
        return Reach(_round(hits * span // sampling.size), Certainty.ABOUT)
    try:
        with db.reading() as session:
            be_quick(session, sampling.patience_s)
            return Reach(count(session, site_id, audience, now))
    except DBAPIError as fault:
        if not was_too_slow(fault):
            raise
        return Reach(_round(_most(hits) * span // sampling.size), Certainty.AT_MOST)


def waves(session: Session, issue_id: int) -> Sequence[Wave]:
    """The first waves of an issue, in the order of their moments."""
    return session.scalars(
        select(Wave).where(Wave.issue_id == issue_id).order_by(Wave.due_at, Wave.is_rest, Wave.id).limit(WAVES_MAX)
    ).all()


def page(session: Session, issue_id: int) -> Page:
    """The balance of an issue, from the running count, and why letters of it did not go out."""
    key = LetterKind.ISSUE, issue_id
    return books.pages(session, only=[key], counts_open=False)[key]


def balances(session: Session, issue_ids: Collection[int]) -> dict[int, Balance]:
    """The running counts of several; what did not end counts as queued, for nothing open is looked at."""
    rows = session.execute(
        select(Tally.about_id, Tally.entry, func.sum(Tally.count))
        .where(Tally.kind == LetterKind.ISSUE, Tally.about_id.in_(issue_ids))
        .group_by(Tally.about_id, Tally.entry)
    )
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for about, entry, number in rows:
        counts[about][entry] = int(number)
    return {about: _balance(of) for about, of in counts.items()}


def categories(session: Session, site_id: int) -> list[tuple[str, str]]:
    """(name, label) of the topics an audience may be chosen by, in the order of their labels."""
    named = (Topic.site_id == site_id) & Topic.name.startswith("category:", autoescape=True)
    rows = session.execute(select(Topic.name, Topic.label).where(named).order_by(Topic.label).limit(TOPICS_MAX))
    return [(name, label or name) for name, label in rows]


def site_of(session: Session, slug: str) -> Site:
    """Raises LookupError."""
    if (site := session.scalar(select(Site).where(Site.slug == slug))) is None:
        raise LookupError(slug)
    return site


def _most(hits: int) -> int:
    """What a sample with so many hits may at most have been meant to have, in thirty-nine of forty cases (Poisson)."""
    return math.ceil(hits + 2 * math.sqrt(hits + 1) + 2)


def _round(people: int) -> int:
    digits = max(0, len(str(people)) - 2)
    return round(people, -digits)


def _balance(of: dict[str, int]) -> Balance:
    planned = of.pop("planned", 0)
    return Balance(planned, queued=planned - sum(of.values()), **of)
