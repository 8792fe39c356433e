"""What pages look up for themselves: sites, and what a site offers to follow."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain import topics
from notifier.domain.letter import SiteFace
from notifier.domain.weburl import origin_of
from notifier.domain.words import ItemKind, ItemState
from notifier.models import Item, Site, Topic
from notifier.stages import gather

_SAID: Final = {"thread": "topic_thread", topics.MINE: "topic_mine_here", topics.SITE: "topic_site"}


@dataclass(frozen=True, slots=True)
class Place:
    """A site as the subscribe page needs it."""

    id: int
    face: SiteFace
    digest_hour: int
    digest_weekday: int
    origins: frozenset[str] = frozenset()
    """Where its subscribe box may stand."""
    has_archive: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """A topic that a form may name, as readers see it; an empty label is the whole site."""

    topic: str
    label: str

    @property
    def key(self) -> str:
        """The sentence that a box has for it; empty where its own label is said."""
        return _SAID.get(topics.word_of(self.topic), "")


def by_slug(session: Session, slug: str) -> Place | None:
    """The site of this slug."""
    site = session.scalar(select(Site).where(Site.slug == slug))
    return _place(site) if site else None


def by_id(session: Session, site_id: int) -> Place:
    """The site of this id."""
    return _place(session.get_one(Site, site_id))


def offers(session: Session, site_id: int) -> tuple[Offer, ...]:
    """The site's categories, in the order they first appeared; where it has none, everything on it."""
    found = session.execute(
        select(Topic.name, Topic.label)
        .where(Topic.site_id == site_id, Topic.name.startswith("category:", autoescape=True))
        .order_by(Topic.id)
    )
    categories = tuple(Offer(name, label or name.partition(":")[2]) for name, label in found)
    if categories:
        return categories
    site = session.scalar(select(Topic.id).where(Topic.site_id == site_id, Topic.name == topics.SITE))
    return (Offer(topics.SITE, ""),) if site else ()


def thread(session: Session, site_id: int, guid: str) -> tuple[Offer, ...]:
    """The discussion under an article that readers can see, and answers to what one writes there; else nothing."""
    title = session.scalar(
        select(Item.title).where(
            Item.site_id == site_id, Item.guid == guid, Item.kind == ItemKind.ARTICLE, Item.state == ItemState.LIVE
        )
    )
    if title is None:
        return ()
    # Whose comments are meant is found when somebody signs up: here nobody is known.
    return Offer(topics.thread(guid), title), Offer(f"{topics.MINE}:{guid}", title)


def _place(site: Site) -> Place:
    origins = frozenset(filter(None, (origin_of(site.url), *site.origins)))
    return Place(site.id, gather.face(site), site.digest_hour, site.digest_weekday, origins, site.has_archive)
