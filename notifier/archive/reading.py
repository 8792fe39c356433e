"""The archive as it is read: a page of it at a time, each in some questions however long it has become."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from notifier.archive import issued
from notifier.bulk import among
from notifier.consent.links import VIEW
from notifier.domain import topics
from notifier.domain.words import ItemState, LetterKind
from notifier.models import Archived, ArchivedItem, ArchivedTopic, Delivery, Item, Site, Topic
from notifier.parts import Parts

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Story:
    """An article as the archive names it."""

    title: str
    summary: str
    url: str
    language: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter of the archive, with those of its stories that are still shown."""

    id: int
    public_id: str
    kind: LetterKind
    at: datetime
    filed_at: datetime
    stories: tuple[Story, ...]
    more: int
    title: str = ""
    """Of an issue, which has one of its own; and its first words."""
    lead: str = ""

    @property
    def is_one_story(self) -> bool:
        """Whether its story says it all."""
        return not self.title and len(self.stories) == 1 and not self.more

    @property
    def updated_at(self) -> datetime:
        """When it was filed, or a story of it was last corrected."""
        return max([self.filed_at, *(one.updated_at for one in self.stories)])


@dataclass(frozen=True, slots=True)
class Shelf:
    """The archive of a site, or of one of its sections."""

    site_id: int
    key: str
    """Never changes, and differs from every other's: what names it in feeds."""
    is_indexed: bool
    topic_id: int = 0
    label: str = ""
    """Of the section; empty for the whole site."""


def shelf(parts: Parts, slug: str, category: str = "") -> Shelf | None:
    """The archive of a site or a section. None where there is none, or the site does not show it."""
    with parts.db.reading() as session:
        site = session.scalar(select(Site).where(Site.slug == slug, Site.has_archive))
        if site is None:
            return None
        key = f"{site.id} {site.created_at.isoformat()}"
        if not category:
            return Shelf(site.id, key, site.is_archive_indexed)
        name = topics.category(category)
        topic = session.scalar(select(Topic).where(Topic.site_id == site.id, Topic.name == name))
        if topic is None:
            return None
        label = topic.label or category
        return Shelf(site.id, f"{key} {name}", site.is_archive_indexed, topic.id, label)


def page_of(parts: Parts, which: Shelf, before: int = 0) -> tuple[list[Entry], int]:
    """A page of an archive, the newest first, those filed before `before` (0: all); and where older ones begin, or 0.

    What was retracted since is left out, and so is a letter that has nothing else to show.
    """
    with parts.db.reading() as session:
        rows = session.scalars(_page(which, before)).all()
        shown, is_more = rows[:PAGE], len(rows) > PAGE
        stories = _stories(session, [one.id for one in shown])
        heads = issued.headed(session, shown)
    return [_entry(one, stories[one.id], heads.get(one.id)) for one in shown], shown[-1].id if is_more else 0


def share_of(parts: Parts, token: str) -> tuple[str, str]:
    """The site's slug and the public id of the letter that a "view in browser" link shows; empty for none of a list."""
    ids = parts.signer.read(VIEW, token)
    with parts.db.reading() as session:
        found = session.execute(
            select(Site.slug, Archived.public_id)
            .join(Archived, Archived.site_id == Site.id)
            .join(Delivery, (Delivery.kind == Archived.kind) & (Delivery.about_id == Archived.about_id))
            .where(Delivery.id == ids[0], Site.has_archive)
        ).first() if ids else None  # fmt: skip
    return (found[0], found[1]) if found else ("", "")


def is_shown() -> ColumnElement[bool]:
    """Of Archived: whether it has something to show."""
    # Not EXISTS: for that PostgreSQL reads every item that was ever filed, for each page.
    any_item = select(ArchivedItem.item_id).where(ArchivedItem.archived_id == Archived.id).limit(1)
    alive = any_item.join(Item, Item.id == ArchivedItem.item_id).where(Item.state == ItemState.LIVE)
    has_live, has_any = (one.correlate(Archived).scalar_subquery().is_not(None) for one in (alive, any_item))
    return or_(has_live, ~has_any, issued.has_words()) & ~issued.is_cancelled()


def _page(which: Shelf, before: int) -> Select[Archived]:
    older = Archived.id < before if before else Archived.id > 0
    rows = select(Archived).where(Archived.site_id == which.site_id, older, is_shown())
    if which.topic_id:
        # By the section's own key, so that a page of it is found without looking through the whole archive.
        older_there = ArchivedTopic.archived_id < before if before else ArchivedTopic.archived_id > 0
        rows = rows.join(ArchivedTopic, ArchivedTopic.archived_id == Archived.id)
        rows = rows.where(ArchivedTopic.topic_id == which.topic_id, older_there)
        return rows.order_by(ArchivedTopic.archived_id.desc()).limit(PAGE + 1)
    return rows.order_by(Archived.id.desc()).limit(PAGE + 1)


def _stories(session: Session, archived: Sequence[int]) -> dict[int, tuple[Story, ...]]:
    found = defaultdict[int, tuple[Story, ...]](tuple)
    rows = session.execute(
        select(ArchivedItem.archived_id, Item.title, Item.summary, Item.url, Item.language, Item.updated_at)
        .join(Item, Item.id == ArchivedItem.item_id)
        .where(among(session, ArchivedItem.archived_id, archived), Item.state == ItemState.LIVE)
        .order_by(ArchivedItem.archived_id, ArchivedItem.position)
    )
    for one, title, summary, url, language, updated_at in rows:
        found[one] += (Story(title, summary, url, language, updated_at),)
    return found


def _entry(row: Archived, stories: tuple[Story, ...], head: issued.Headed | None) -> Entry:
    more = int(row.data.get("more", 0))
    own = (head.title, head.lead) if head else ("", "")
    return Entry(row.id, row.public_id, row.kind, row.at, row.filed_at, stories, more, *own)
