"""Fill an empty database with the sample newspaper, as if it had been running for days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier import flow
from notifier.consent.adding import NewReader, add_reader
from notifier.domain.items import NewItem
from notifier.embedded import sample
from notifier.models import Site
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
    """Articles first, then readers, then comments: as published, so that nothing old is sent as an alert."""
    began = now - READERS_SINCE
    with parts.db.writing() as session:
        site = add_site(session, _new_site(), began)
        site.digits = sample.site().digits
        seeded = Seeded(site.id, site.slug, add_key(session, site, "demo", ["items:write", "items:read"], began))
    _publish_all(parts, seeded.site_id, sample.articles(now, base_url), now)
    with parts.db.writing() as session:
        for reader in sample.readers():
            add_reader(session, session.get_one(Site, seeded.site_id), _new_reader(reader), began)
    _publish_all(parts, seeded.site_id, sample.comments(now), now)
    return seeded


def _publish_all(parts: Parts, site_id: int, items: Sequence[NewItem], until: datetime) -> None:
    quiet = replace(parts, bell=lambda _nudges: None)
    for at, item in sorted(((one.published_at or until, one) for one in items), key=lambda pair: pair[0]):
        (receipt,) = flow.ingest_items(quiet, site_id, [item], at)
        if receipt.item_id is None:
            raise ValueError(f"sample item {item.guid}: {receipt.error}")
        flow.publish(quiet, receipt.item_id, at)


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
