"""File what was sent: one row for what many people got, with nothing in it that came from any of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from notifier.archive.issued import issues
from notifier.archive.sent import FILED_AT_ONCE, LOOKS_BACK, Sent, is_new
from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.schedule import Hours, last_slot
from notifier.domain.words import Frequency, ItemKind, ItemState, LetterKind
from notifier.models import (
    Archived,
    ArchivedItem,
    ArchivedTopic,
    Item,
    ItemTopic,
    Letter,
    LetterItem,
    Run,
    Site,
    Topic,
)


def file_sent(session: Session, now: datetime, articles_max: int) -> int:
    """File what has begun to leave and is not filed yet; gives how much that was. Doing it twice files nothing twice.

    A digest shows the first `articles_max` of its articles, and tells of the rest as a number.
    """
    found = [one for find in _FINDERS for one in find(session, now - LOOKS_BACK, articles_max)]
    return sum(_file(session, one, now) for one in found)


def _alerts(session: Session, since: datetime, articles_max: int) -> Iterator[Sent]:
    del articles_max
    rows = session.execute(
        select(Item.site_id, Item.id, Item.matched_at)
        .join(Site, Site.id == Item.site_id)
        .where(
            Site.has_archive,
            Item.kind == ItemKind.ARTICLE,
            Item.announced_at > since,
            Item.state == ItemState.LIVE,
            or_(Item.planned_count > 0, Item.waits_count > 0),
            *is_new(LetterKind.ALERT, Item.id),
        )
        .order_by(Item.matched_at)
        .limit(FILED_AT_ONCE)
    )
    for site, item, at in rows:
        if at is not None:
            yield Sent(site, LetterKind.ALERT, item, at, (item,), Frequency.INSTANT)


def _digests(session: Session, since: datetime, articles_max: int) -> Iterator[Sent]:
    """The daily digest of the site's own hour: those of other hours and zones tell the same news again."""
    rows = session.execute(
        select(Run, Site)
        .join(Site, Site.id == Run.site_id)
        .where(
            Site.has_archive,
            Run.frequency == Frequency.DAILY,
            Run.slot > since,
            Run.planned_count > 0,
            *is_new(LetterKind.DIGEST, Run.id),
        )
        .order_by(Run.slot)
        .limit(FILED_AT_ONCE)
    )
    for run, site in rows.all():
        if run.planned_at is None or last_slot(run.frequency, _hours(site), run.slot) != run.slot:
            continue
        articles = _carried(session, run)
        if articles:
            more = max(0, len(articles) - articles_max)
            yield Sent(
                site.id, LetterKind.DIGEST, run.id, run.planned_at, articles[:articles_max], run.frequency,
                # Nobody reads tomorrow when the next one comes.
                {"more": more, "some_days": True},
            )  # fmt: skip


_FINDERS: Final[Sequence[Callable[[Session, datetime, int], Iterable[Sent]]]] = (_alerts, _digests, issues)


def _hours(site: Site) -> Hours:
    return Hours(site.time_zone, site.digest_hour, site.digest_weekday)


def _carried(session: Session, run: Run) -> tuple[int, ...]:
    """The live articles of all letters of a run, the newest first; comments are never among them."""
    rows = session.scalars(
        select(Item.id)
        .where(
            Item.id.in_(
                select(LetterItem.item_id)
                .join(Letter, Letter.id == LetterItem.letter_id)
                .where(
                    Letter.site_id == run.site_id,
                    Letter.created_at == run.planned_at,
                    Letter.kind == LetterKind.DIGEST,
                    Letter.frequency == run.frequency,
                )
            ),
            Item.kind == ItemKind.ARTICLE,
            Item.state == ItemState.LIVE,
        )
        .order_by(Item.announced_at.desc(), Item.id.desc())
    )
    return tuple(rows)


def _file(session: Session, sent: Sent, now: datetime) -> int:
    row = {
        "site_id": sent.site_id, "public_id": uuid4().hex, "kind": sent.kind, "about_id": sent.about_id,
        "frequency": sent.frequency, "data": sent.data, "at": sent.at, "filed_at": now,
    }  # fmt: skip
    once = upsert(session, Archived).on_conflict_do_nothing(index_elements=["kind", "about_id"])
    made = session.scalar(once.values(row).returning(Archived.id))
    if made is None:
        return 0
    if sent.item_ids:
        shown = [{"archived_id": made, "item_id": one, "position": n} for n, one in enumerate(sent.item_ids)]
        session.execute(insert(ArchivedItem), shown)
    if sections := _sections(session, sent):
        session.execute(insert(ArchivedTopic), [{"topic_id": one, "archived_id": made} for one in sections])
    return 1


def _sections(session: Session, sent: Sent) -> list[int]:
    """Where its items stand, and whom it was for."""
    shown = select(ItemTopic.topic_id).where(among(session, ItemTopic.item_id, sent.item_ids))
    theirs = or_(Topic.id.in_(shown), (Topic.site_id == sent.site_id) & Topic.name.in_(sent.topics))
    is_section = Topic.name.startswith("category:", autoescape=True)
    return list(session.scalars(select(Topic.id).where(theirs, is_section).order_by(Topic.id)))
