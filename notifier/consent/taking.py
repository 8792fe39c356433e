"""Make readers of those who were judged so, in a few statements however many they are, with the proof of consent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, func, insert, select, update
from sqlalchemy.orm import Session

from notifier.bulk import unseen
from notifier.consent.takeover import TAKEN, Verdict
from notifier.db import queue_up, upsert
from notifier.domain.takeover import Skip, Wanted
from notifier.domain.tokens import address_hash, token_hash
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import ConsentEvent, Item, OldLink, Site, Subscriber, Subscription, Topic


@dataclass(frozen=True, slots=True)
class Basis:
    """What the consent of all these readers rests on."""

    source: str
    """`wpdiscuz` or `comments-reloaded`."""
    words: str
    frequency: Frequency


def write(session: Session, site: Site, verdicts: Sequence[Verdict], basis: Basis, now: datetime) -> None:
    """Make what was judged `taken`, with the proof of it; and keep what every row's old links stand for.

    Duplicates and what is there already have links too; of suppressed addresses nothing is kept.
    """
    known = [one.wanted for one in verdicts if one.word != Skip.SUPPRESSED]
    taken = [one.wanted for one in verdicts if one.word == TAKEN]
    _add_subscribers(session, site, taken, now)
    made = _Made(_reader_ids(session, site, known), _topic_ids(session, site, known))
    if taken:
        _confirm(session, {made.readers[one.address_key] for one in taken}, now)
        rows = [made.subscription(one, topic, basis, now) for one in taken for topic in one.topics]
        _insert(session, upsert(session, Subscription).on_conflict_do_nothing(), rows)
        _insert(session, insert(ConsentEvent), [made.proof(site, one, basis, now) for one in taken])
    # Without a key anybody could make the link.
    links = [made.link(site, one, topic) for one in known if one.link and one.link.key for topic in one.topics]
    _insert(session, upsert(session, OldLink).on_conflict_do_nothing(), links)


@dataclass(frozen=True, slots=True)
class _Made:
    """The ids of readers by address key, and of topics by name; and the rows that hang on them."""

    readers: dict[str, int]
    topics: dict[str, int]

    def subscription(self, one: Wanted, topic: str, basis: Basis, now: datetime) -> dict[str, Any]:
        return {
            "subscriber_id": self.readers[one.address_key],
            "topic_id": self.topics[topic],
            "frequency": basis.frequency,
            "is_implicit": one.is_implicit,
            "created_at": now,
            "ended_reason": "",
        }

    def proof(self, site: Site, one: Wanted, basis: Basis, now: datetime) -> dict[str, Any]:
        """At the time that the plugin noted; the import's own time beside it."""
        detail = {"basis": basis.words, "row": one.place, "imported_at": now.isoformat()}
        if one.at is None:
            detail["date"] = "unknown"
        if one.origin:
            detail["imported_from"] = one.origin
        return {
            "site_id": site.id,
            "subscriber_id": self.readers[one.address_key],
            "address_hash": address_hash(site.pepper, one.address_key),
            "purpose": ",".join(one.topics),
            "action": ConsentAction.CONFIRMED,
            "at": one.at or now,
            "source": basis.source,
            "detail": detail,
        }

    def link(self, site: Site, one: Wanted, topic: str) -> dict[str, Any]:
        assert one.link, "only rows of plugins with links come here"  # noqa: S101 - for mypy
        return {
            "site_id": site.id,
            "kind": one.link.kind,
            "number": one.link.number,
            "key_hash": token_hash(one.link.key),
            "subscriber_id": self.readers[one.address_key],
            "topic_id": self.topics[topic],
        }


def _add_subscribers(session: Session, site: Site, taken: Sequence[Wanted], now: datetime) -> None:
    rows = [
        {
            "site_id": site.id,
            "address": one.address,
            "address_key": one.address_key,
            "address_hash": address_hash(site.pepper, one.address_key),
            "name": one.name,
            "language": site.language,
            "time_zone": site.time_zone,
            "digest_hour": site.digest_hour,
            "digest_weekday": site.digest_weekday,
            "created_at": now,
            "changed_at": now,
        }
        for one in _each_once(taken)
    ]
    _insert(session, upsert(session, Subscriber).on_conflict_do_nothing(), rows)


def _each_once(taken: Iterable[Wanted]) -> Iterable[Wanted]:
    """One row a person: the first, with a name if any has one."""
    people: dict[str, Wanted] = {}
    for one in taken:
        first = people.setdefault(one.address_key, one)
        if one.name and not first.name:
            people[one.address_key] = replace(first, name=one.name)
    return people.values()


def _reader_ids(session: Session, site: Site, rows: Iterable[Wanted]) -> dict[str, int]:
    keys = {one.address_key for one in rows}
    found = select(Subscriber.address_key, Subscriber.id).where(
        Subscriber.site_id == unseen(site.id), Subscriber.address_key.in_(keys)
    )
    return dict(session.execute(found).all())


def _topic_ids(session: Session, site: Site, known: Sequence[Wanted]) -> dict[str, int]:
    """Discussions bear the title of their article, as we know it, else as the plugin's site does."""
    titles = _titles(session, site, known)
    labels: dict[str, str] = {}
    for one in known:
        for topic in one.topics:
            labels[topic] = labels.get(topic) or titles.get(one.article) or one.label
    if not labels:
        return {}
    # As an item's topics are made, so that neither waits for the other.
    queue_up(session, f"topics of {site.id}")
    rows = [{"site_id": site.id, "name": name, "label": label} for name, label in labels.items()]
    _insert(session, upsert(session, Topic).on_conflict_do_nothing(index_elements=["site_id", "name"]), rows)
    found = select(Topic.name, Topic.id).where(Topic.site_id == site.id, Topic.name.in_(labels))
    return dict(session.execute(found).all())


def _titles(session: Session, site: Site, rows: Iterable[Wanted]) -> dict[str, str]:
    articles = {one.article for one in rows if one.article}
    found = select(Item.guid, Item.title).where(Item.site_id == site.id, Item.guid.in_(articles))
    return dict(session.execute(found).all())


def _confirm(session: Session, ids: set[int], now: datetime) -> None:
    confirmed = func.coalesce(Subscriber.confirmed_at, now)
    session.execute(update(Subscriber).where(Subscriber.id.in_(ids)).values(confirmed_at=confirmed, changed_at=now))


def _insert(session: Session, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """By the connection, in the session's transaction: no objects are made of so many rows."""
    if rows:
        session.connection().execute(statement, rows)
