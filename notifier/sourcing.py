"""Where a site's items come from: look at it, add it, poll it, switch it off, forget it; each act a line in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from notifier import settings
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.words import SourceKind
from notifier.models import Item, Site, Source
from notifier.parts import Parts
from notifier.queue import later, to_poll, transaction
from notifier.sites import add_source
from notifier.sources.faults import ApiInvalid, FeedInvalid, FetchRefused
from notifier.sources.feed import parse_feed
from notifier.sources.wordpress import Discovered, basic, discover

LATELY: Final = timedelta(days=7)


class SourceInvalid(ValueError):  # noqa: N818 - it is a decision
    """A source that cannot be added: `key` for the desk's sentences, `detail` for who works on the command line."""

    def __init__(self, key: str, detail: str, feed_url: str = "") -> None:
        super().__init__(detail)
        self.key = key
        self.detail = detail
        self.feed_url = feed_url


@dataclass(frozen=True, slots=True)
class NewSource:
    """An address to read from; `secret_name` is the variable that holds a WordPress's password."""

    kind: SourceKind
    url: str
    secret_name: str = ""
    is_looked_at: bool = True
    """Whether a feed is read before it is added; a WordPress always is."""

    def check(self) -> None:
        """Look at the words alone. Raises SourceInvalid."""
        if not self.url.strip().startswith(("http://", "https://")):
            raise SourceInvalid("bad_url", f"{self.url!r} cannot be fetched: write an address that begins with http://")
        if self.secret_name and (self.kind is not SourceKind.WORDPRESS or not _may_hold(self.secret_name)):
            raise SourceInvalid(
                "secret_name", f"a secret is a variable that begins with {settings.SOURCE_PREFIX}, for a WordPress"
            )


@dataclass(frozen=True, slots=True)
class Added:
    """A source that is there now, and what a WordPress showed."""

    id: int
    found: Discovered | None = None


def add(parts: Parts, site_id: int, new: NewSource, by: Actor, now: datetime) -> Added:
    """Look at it, add it, and have it polled at once. Raises SourceInvalid."""
    found = _looked_at(parts, new)
    address = found.root if found else new.url.strip()
    try:
        with transaction(parts.db, parts.bell) as session:
            site = session.get_one(Site, site_id)
            row = add_source(session, site, new.kind, address, now, new.secret_name)
            audit.note(session, by, "source.added", now, site_id=site_id, source=row.id, kind=new.kind.value)
            later(session, to_poll(row.id))
            return Added(row.id, found)
    except IntegrityError:
        raise SourceInvalid("known", "this site has that source already") from None


def poll_now(parts: Parts, site_id: int, source_id: int, by: Actor, now: datetime) -> None:
    """Have it polled, whenever it would be due. Raises LookupError."""
    with transaction(parts.db, parts.bell) as session:
        source = _source(session, site_id, source_id)
        source.next_poll_at = now
        audit.note(session, by, "source.polled", now, site_id=site_id, source=source_id)
        later(session, to_poll(source_id))


def switch(parts: Parts, site_id: int, source_id: int, by: Actor, now: datetime, *, is_on: bool) -> None:
    """Read it again from now on, or no more. Raises LookupError."""
    with transaction(parts.db, parts.bell) as session:
        source = _source(session, site_id, source_id)
        source.is_enabled = is_on
        if is_on:
            source.next_poll_at, source.failures = now, 0
            later(session, to_poll(source_id))
        audit.note(
            session, by, "source.enabled" if is_on else "source.disabled", now, site_id=site_id, source=source_id
        )


def remove(parts: Parts, site_id: int, source_id: int, by: Actor, now: datetime) -> None:
    """Forget it; what it brought stays. Raises LookupError."""
    with parts.db.writing() as session:
        session.delete(_source(session, site_id, source_id))
        audit.note(session, by, "source.removed", now, site_id=site_id, source=source_id)


def of_site(session: Session, site_id: int) -> list[Source]:
    """Every source of a site."""
    return list(session.scalars(select(Source).where(Source.site_id == site_id).order_by(Source.id)))


def brought(session: Session, site_id: int, now: datetime) -> Mapping[int | None, int]:
    """How many items became news of each source in a week."""
    lately = (Item.site_id == site_id, Item.announced_at > now - LATELY)
    counts = select(Item.source_id, func.count()).where(*lately).group_by(Item.source_id)
    return dict(session.execute(counts).all())


def _looked_at(parts: Parts, new: NewSource) -> Discovered | None:
    new.check()
    if new.kind is SourceKind.FEED and not new.is_looked_at:
        return None
    try:
        if new.kind is SourceKind.WORDPRESS:
            return discover(parts.fetch, new.url.strip(), _authorization(new.secret_name))
        page = parts.fetch.get(new.url.strip())
        parse_feed(page.body, page.content_type, page.url)
    except FeedInvalid as fault:
        raise SourceInvalid(fault.key, fault.detail, fault.feed_url) from fault
    except (ApiInvalid, FetchRefused) as fault:
        raise SourceInvalid(fault.key, fault.detail) from fault
    return None


def _may_hold(name: str) -> bool:
    return name.startswith(settings.SOURCE_PREFIX) and name.replace("_", "").isalnum() and name.isascii()


def _authorization(secret_name: str) -> str:
    secret = settings.source_secret(secret_name)
    if secret_name and secret is None:
        raise SourceInvalid(
            "no_secret",
            f"the environment has no {secret_name}: it holds `user name:application password`, for the workers too",
        )
    return basic(secret.get_secret_value()) if secret else ""


def _source(session: Session, site_id: int, source_id: int) -> Source:
    ours = (Source.id == source_id, Source.site_id == site_id)
    source = session.scalar(select(Source).where(*ours).with_for_update())
    if source is None:
        raise LookupError(source_id)
    return source
