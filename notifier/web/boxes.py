"""What a subscribe box offers: the sections of a site, one discussion, or a discussion with the sections around it."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sqlalchemy.orm import Session

from notifier.domain import topics
from notifier.web import places
from notifier.web.edge import Edge
from notifier.web.places import Offer, Place
from notifier.web.problems import Problem
from notifier.web.wire import is_clean

CATEGORIES_MAX: Final = 20
_COMMAS: Final = re.compile("[,،]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page around a box says of itself."""

    thread: str = ""
    """The guid of its article."""
    categories: tuple[str, ...] = ()
    """Sections, as the site names them."""

    @classmethod
    def of(cls, thread: str, categories: str) -> "Asked":
        """From an address or a form: sections are parted by commas or, where a name holds one, by `|`."""
        names = categories.split("|") if "|" in categories else _COMMAS.split(categories)
        found = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
        return cls(thread.strip(), found[:CATEGORIES_MAX])


@dataclass(frozen=True, slots=True)
class Box:
    """A site, and what may be ticked."""

    place: Place
    offers: tuple[Offer, ...]
    asked: Asked = Asked()
    is_thread: bool = False
    """Whether its article is known: the first offers are its discussion, and answers to one's own comments there."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """What is ticked beforehand: the only offer, or the sections that a page without a discussion named.

        Answers to one's own comments are a second wish about the discussion, and never wished for anybody.
        """
        if len(self.offers) == 1 + self.is_thread:
            return (self.offers[0].topic,)
        named = {topics.category(name) for name in self.asked.categories}
        return () if self.is_thread else tuple(one.topic for one in self.offers if one.topic in named)


def site(edge: Edge, slug: str) -> Place:
    """A site by its name in paths. Raises Problem."""
    place = edge.directory.place(slug) if is_clean(slug) else None
    if place is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_site" if is_clean(slug) else "error_not_found")
    return place


async def site_soon(edge: Edge, slug: str) -> Place:
    """The same for a coroutine. Raises Problem."""
    known = await edge.directory.place_soon(slug) if is_clean(slug) else None
    return known or site(edge, slug)


def box(edge: Edge, place: Place, asked: Asked) -> Box:
    """What a page may offer.

    An article that has not come in yet has no discussion to follow: its sections are offered, or all of the site's.
    """
    with edge.parts.db.reading() as session:
        thread = _thread(session, place, asked.thread)
        sections = places.offers(session, place.id)
    if not thread:
        return Box(place, sections, asked)
    named = {topics.category(name) for name in asked.categories}
    beside = tuple(one for one in sections if one.topic in named)
    return Box(place, (*thread, *beside), asked, is_thread=True)


def _thread(session: Session, place: Place, guid: str) -> tuple[Offer, ...]:
    return places.thread(session, place.id, guid) if guid and is_clean(guid) else ()
