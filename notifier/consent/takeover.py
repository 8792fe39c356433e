"""Which readers of another plugin may be taken over, many at a time, by looking only.

Whoever was taken over once is never taken over again: what they end here stays ended, however often the import runs.
Rows of an address that a reader has left are that reader's, at the address of today.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from notifier.bulk import unseen
from notifier.domain import topics
from notifier.domain.takeover import Skip, Wanted
from notifier.domain.tokens import address_hash
from notifier.models import (
    ConsentEvent,
    Item,
    ItemTopic,
    Site,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
    former_addresses,
)

TAKEN = "taken"
ALREADY = "already"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a row: `taken`, `already`, or why not."""

    wanted: Wanted
    word: str


def judge(session: Session, site: Site, rows: Sequence[Wanted]) -> list[Verdict]:
    """What would become of each row, in its order; changes nothing."""
    keys = {one.address_key for one in rows}
    hashes = {key: address_hash(site.pepper, key) for key in keys}
    bylines = _bylines(session, site, rows)
    rows = [_named(site, one, hashes[one.address_key], bylines) for one in rows]
    readers = _readers(session, site, keys)
    moved = _moved(session, site, {hashed: key for key, hashed in hashes.items() if key not in readers})
    barred = _barred(session, site, hashes | {one.address_key: one.address_hash for one in moved.values()})
    readers |= {one.address_key: _Reader(one.id, one.confirmed_at is not None) for one in moved.values()}
    had = _had(session, readers.values())
    return [_judged(one, moved.get(one.address_key), barred, readers, had) for one in rows]


def _judged(
    one: Wanted,
    mover: Subscriber | None,
    barred: set[str],
    readers: Mapping[str, "_Reader"],
    had: dict[int, dict[str, bool]],
) -> Verdict:
    now = replace(one, address=mover.address, address_key=mover.address_key) if mover else one
    if not barred.isdisjoint({one.address_key, now.address_key}):
        return Verdict(one, Skip.SUPPRESSED)
    return Verdict(now, _word(now, readers.get(now.address_key), had))


def _bylines(session: Session, site: Site, rows: Iterable[Wanted]) -> set[str]:
    """Those by-lines of people who are followed that articles bear."""
    names = {one.topic for one in rows if one.followed}
    is_borne = exists().where(ItemTopic.topic_id == Topic.id)
    found = select(Topic.name).where(Topic.site_id == site.id, Topic.name.in_(names), is_borne)
    return set(session.scalars(found)) if names else set()


def _named(site: Site, one: Wanted, hashed: str, bylines: Collection[str]) -> Wanted:
    """The same with its topic as items carry it: by the hash of whom it means."""
    if not one.followed:
        return replace(one, topic=topics.bound(one.topic, hashed))
    whose = topics.commenter(address_hash(site.pepper, one.followed))
    return replace(one, topic=whose, beside=one.topic if one.topic in bylines else "")


def _barred(session: Session, site: Site, hashes: Mapping[str, str]) -> set[str]:
    """The keys of those addresses that must not be written to, themselves or with their domain."""
    domains = {key.rpartition("@")[2] for key in hashes}
    found = select(Suppression.address_hash, Suppression.domain).where(
        Suppression.site_id == site.id,
        or_(Suppression.address_hash.in_(hashes.values()), Suppression.domain.in_(domains)),
        Suppression.lifted_at.is_(None),
    )
    rows = session.execute(found).all()
    themselves, whole = {row.address_hash for row in rows}, {row.domain for row in rows}
    return {key for key, hashed in hashes.items() if hashed in themselves or key.rpartition("@")[2] in whole}


def waiting(session: Session, site: Site, rows: Iterable[Wanted]) -> int:
    """How many of these are about an article that has not come in yet: nothing, or a wrong pattern of guids."""
    articles = [one.article for one in rows if one.article]
    there = set(session.scalars(select(Item.guid).where(Item.site_id == site.id, Item.guid.in_(set(articles)))))
    return sum(article not in there for article in articles)


@dataclass(frozen=True, slots=True)
class _Reader:
    id: int
    is_confirmed: bool


def _readers(session: Session, site: Site, keys: set[str]) -> dict[str, _Reader]:
    found = session.execute(
        select(Subscriber.address_key, Subscriber.id, Subscriber.confirmed_at).where(
            Subscriber.site_id == unseen(site.id), Subscriber.address_key.in_(keys)
        )
    )
    return {key: _Reader(number, at is not None) for key, number, at in found}


def _moved(session: Session, site: Site, keys: Mapping[str, str]) -> dict[str, Subscriber]:
    """Address key -> the reader who has left that address for another; `keys`: hash -> key, of nobody's by now."""
    theirs = (Subscriber.site_id == site.id, ConsentEvent.address_hash.in_(keys))
    # Should two have had it: the last.
    found = former_addresses().add_columns(Subscriber).where(*theirs).order_by(ConsentEvent.id)
    return {keys[hashed]: reader for _, hashed, reader in session.execute(found)} if keys else {}


def _had(session: Session, readers: Iterable[_Reader]) -> dict[int, dict[str, bool]]:
    """Reader -> topic -> whether it is active still."""
    had: dict[int, dict[str, bool]] = {}
    found = session.execute(
        select(Subscription.subscriber_id, Topic.name, Subscription.ended_at)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(Subscription.subscriber_id.in_([one.id for one in readers]))
    )
    for reader, topic, ended_at in found:
        theirs = had.setdefault(reader, {})
        theirs[topic] = theirs.get(topic, False) or ended_at is None
    return had


def _word(one: Wanted, reader: _Reader | None, had: dict[int, dict[str, bool]]) -> str:
    mine = had.get(reader.id, {}) if reader else {}
    if reader and mine and not reader.is_confirmed:
        return Skip.LEFT
    is_active = mine.get(one.topic)
    if is_active is None and mine.get(one.beside) is False:
        return Skip.LEFT
    return TAKEN if is_active is None else ALREADY if is_active else Skip.LEFT
