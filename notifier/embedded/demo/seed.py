"""Fill an empty database with the sample newspaper, as if it had been running for days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import update

from notifier import flow
from notifier.consent.adding import NewReader, add_reader
from notifier.domain.desk_words import Permission
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.embedded import sample
from notifier.models import Item, Site
from notifier.parts import Parts
from notifier.sites import NewSite, add_key, add_site

READERS_SINCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the story needs to know of the site."""

    site_id: int
    slug: str
    api_key: str


def seed(parts: Parts, now: datetime, base_url: str) -> Seeded:
    """Articles are matched before there are readers, so that nothing old is sent as an alert; comments after."""
    began = now - READERS_SINCE
    with parts.db.writing() as session:
        site = add_site(session, _new_site(), began)
        seeded = Seeded(site.id, site.slug, add_key(session, site, "demo", Permission, began))
    quiet = replace(parts, bell=lambda _nudges: None)
    _match(quiet, _take_in(quiet, seeded.site_id, sample.articles(now, base_url)))
    comments = _take_in(quiet, seeded.site_id, sample.comments(now))
    with parts.db.writing() as session:
        for reader in sample.readers():
            add_reader(session, session.get_one(Site, seeded.site_id), _new_reader(reader), began)
        # Whom comments concern is told when they come in; here the readers come after them.
        session.execute(update(Item).where(Item.kind == ItemKind.COMMENT).values(matched_at=None))
    _match(quiet, comments)
    return seeded


def _take_in(parts: Parts, site_id: int, items: Sequence[NewItem]) -> list[tuple[int, datetime]]:
    """Take each item in at the moment it was published; gives (item id, that moment)."""
    taken: list[tuple[int, datetime]] = []
    for item in items:
        if item.published_at is None:
            raise ValueError(f"sample item {item.guid} has no date")
        (receipt,) = flow.ingest_items(parts, site_id, [item], item.published_at)
        if receipt.item_id is None:
            raise ValueError(f"sample item {item.guid}: {receipt.error}")
        taken.append((receipt.item_id, item.published_at))
    return taken


def _match(parts: Parts, taken: Sequence[tuple[int, datetime]]) -> None:
    for item_id, at in taken:
        flow.publish(parts, item_id, at)


def _new_site() -> NewSite:
    face = sample.site()
    return NewSite(
        slug=face.slug,
        name=face.name,
        sender_address=face.sender_address,
        sender_name=face.sender_name,
        language=face.language,
        time_zone=face.time_zone,
        url=face.url,
        postal_address=face.postal_address,
        colour=face.colour,
        digits=face.digits,
    )


def _new_reader(reader: sample.SampleReader) -> NewReader:
    return NewReader(
        address=reader.address,
        topics=reader.topics,
        frequency=reader.frequency,
        basis="invented for the demo",
        name=reader.name,
        language=reader.language,
        time_zone=reader.time_zone,
        digest_hour=reader.digest_hour,
    )
