"""Signs of life: whoever acts, or is seen at the site, gets letters about comments at the quickest pace again.

Opening a link is none of them: mail scanners open every link, and looking changes nothing here.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.tokens import address_hash
from notifier.models import Bookmark, Item, Site, Subscriber, signs_of_life

Visit = tuple[str, str]
"""Which article, by its guid, and the address of who looked at it."""


def acted(session: Session, subscriber_id: int, now: datetime) -> None:
    """Somebody pressed a button of ours: all their threads are at the quickest pace."""
    alive = update(Bookmark).where(Bookmark.subscriber_id == subscriber_id)
    alive = alive.values(signs_of_life(now))
    session.execute(alive.execution_options(synchronize_session=False))


def visited(session: Session, site: Site, visits: Collection[Visit], now: datetime) -> None:
    """The site saw these people at these articles; whoever does not follow them, or is no reader, is passed over."""
    seen = {(guid, hashed) for guid, address in visits if (hashed := _hashed(site, address))}
    if not seen:
        return
    pairs = (
        select(Subscriber.id, Item.id)
        .join(Item, Item.site_id == Subscriber.site_id)
        .where(Subscriber.site_id == site.id, tuple_(Item.guid, Subscriber.address_hash).in_(seen))
    )
    alive = update(Bookmark).where(tuple_(Bookmark.subscriber_id, Bookmark.article_id).in_(pairs))
    alive = alive.values(signs_of_life(now))
    session.execute(alive.execution_options(synchronize_session=False))


def _hashed(site: Site, address: str) -> str:
    try:
        return address_hash(site.pepper, check_address(address).key)
    except AddressInvalid:
        return ""
