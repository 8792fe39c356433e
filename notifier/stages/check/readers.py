"""Whom letters are for, as they are now."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.owed import Owed
from notifier.models import (
    Subscriber,
    Suppression,
    is_awake,
)

WAITS_MOST: Final = timedelta(minutes=10)
"""A reader's change is dated when it is asked for and seen when it is committed: at most this much later."""


class Reader(NamedTuple):
    """A person whom a letter is for."""

    id: int
    address: str
    name: str
    is_confirmed: bool
    changed_at: datetime | None
    """None for a change that is older than all the letters."""
    is_suppressed: bool
    is_paused: bool
    site_id: int
    address_key: str
    may_track: bool
    generation: int
    time_zone: str
    quiet_from_h: int | None
    quiet_until_h: int | None

    @property
    def domain(self) -> str:
        """Of the address, in A-labels."""
        return self.address_key.rpartition("@")[2]


def readers_of(session: Session, owed: Sequence[Owed], now: datetime) -> dict[int | None, Reader]:
    """Whom the letters are for; yes and no where that is all that is asked, for moments cost time to read."""
    if not owed:
        return {}
    oldest = min(one.created_at for one in owed) - WAITS_MOST
    # Not EXISTS: for that PostgreSQL may read all that are suppressed, for each claim. There is one of a hash at most.
    suppressed = select(Suppression.id).where(
        Suppression.site_id == Subscriber.site_id,
        Suppression.address_hash == Subscriber.address_hash,
        Suppression.lifted_at.is_(None),
    )
    rows = session.execute(
        select(
            Subscriber.id,
            Subscriber.address,
            Subscriber.name,
            Subscriber.confirmed_at.is_not(None),
            case((Subscriber.changed_at >= oldest, Subscriber.changed_at)),
            suppressed.scalar_subquery().is_not(None),
            ~is_awake(now),
            Subscriber.site_id,
            Subscriber.address_key,
            Subscriber.may_track,
            Subscriber.generation,
            Subscriber.time_zone,
            Subscriber.quiet_from_h,
            Subscriber.quiet_until_h,
        ).where(among(session, Subscriber.id, {one.subscriber_id for one in owed if one.subscriber_id}))
    )
    return {reader.id: reader for reader in map(Reader._make, rows)}


def shut_domains(session: Session, owed: Sequence[Owed], readers: Mapping[int | None, Reader]) -> set[tuple[int, str]]:
    """Which of these readers' domains are suppressed, each with its site: one look, whatever there are of either."""
    domains = sorted({reader.domain for reader in readers.values()})
    if not owed or not domains:
        return set()
    shut = select(Suppression.site_id, Suppression.domain).where(
        Suppression.domain != "", Suppression.domain.in_(domains), Suppression.lifted_at.is_(None)
    )
    return {(site, domain) for site, domain in session.execute(shut)}
