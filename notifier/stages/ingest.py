"""Take one published thing in: cleaned at the door, once per version, with the topics it carries."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier.db import queue_up, upsert
from notifier.domain import topics
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.html import clean_line, excerpt, sanitise, to_text
from notifier.domain.items import NewItem, Receipt
from notifier.domain.tokens import address_hash
from notifier.domain.words import ItemKind, ItemState
from notifier.models import Item, ItemTopic, Site, Topic

SUMMARY_CHARACTERS = 300
LABEL_CHARACTERS = 500


class _RefusedError(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def ingest(session: Session, site: Site, new: NewItem, now: datetime, source_id: int | None = None) -> Receipt:
    """Store an item, or a newer version of it; the same version twice changes nothing.

    The receipt says `refused` with an error key where a comment's article or parent is not known yet, or where a live
    item has no word that a letter could show.
    """
    try:
        values = _values(session, site, new, now)
    except _RefusedError as refusal:
        return Receipt(new.guid, "refused", error=refusal.key)
    created = session.scalar(
        upsert(session, Item)
        .values(**values, **_first(new, now), site_id=site.id, source_id=source_id, guid=new.guid, kind=new.kind)
        .on_conflict_do_nothing(index_elements=["site_id", "guid"])
        .returning(Item.id)
    )
    if created is None:
        return _update(session, site, new, values, now)
    _carry(session, site, created, new)
    return Receipt(new.guid, "created", created, new.version or 1)


def retract(session: Session, site_id: int, guid: str, now: datetime, *, may_return: bool = False) -> Receipt | None:
    """Take an item back: letters not yet sent leave it out. None for a guid that is not known.

    With `may_return` the same content brings it back, never as news: a moderator may change their mind.
    """
    item = session.scalar(select(Item).where(Item.site_id == site_id, Item.guid == guid).with_for_update())
    if item is None:
        return None
    if item.state is ItemState.RETRACTED:
        return Receipt(guid, "unchanged", item.id, item.version)
    item.state, item.retracted_at, item.updated_at = ItemState.RETRACTED, now, now
    item.version += 1
    if may_return:
        item.content_hash = ""
    return Receipt(guid, "retracted", item.id, item.version)


def _update(session: Session, site: Site, new: NewItem, values: dict[str, Any], now: datetime) -> Receipt:
    item = session.scalars(select(Item).where(Item.site_id == site.id, Item.guid == new.guid).with_for_update()).one()
    if item.kind is not new.kind:
        return Receipt(new.guid, "refused", item.id, item.version, error="kind_changed")
    outcome = _compare(item, new, values["content_hash"])
    if outcome != "updated":
        return Receipt(new.guid, outcome, item.id, item.version)
    was = item.state
    for name, value in values.items():
        setattr(item, name, value)
    item.version = new.version or item.version + 1
    item.updated_at = now
    item.retracted_at = now if new.state is ItemState.RETRACTED else None
    if was is ItemState.HELD and new.state is ItemState.LIVE and new.announce and item.announced_at is None:
        item.announced_at, item.matched_at = now, None
    _carry(session, site, item.id, new)
    return Receipt(new.guid, "retracted" if new.state is ItemState.RETRACTED else "updated", item.id, item.version)


def _compare(item: Item, new: NewItem, content_hash: str) -> str:
    if new.version is None:
        return "unchanged" if content_hash == item.content_hash else "updated"
    if new.version == item.version:
        return "unchanged"
    return "updated" if new.version > item.version else "stale"


def _first(new: NewItem, now: datetime) -> dict[str, Any]:
    is_news = new.announce and new.state is ItemState.LIVE
    return {
        "version": new.version or 1,
        "received_at": now,
        "updated_at": now,
        "announced_at": now if is_news else None,
        # Archive and held items have nothing to match; the sweep looks for None.
        "matched_at": None if is_news else now,
        "retracted_at": now if new.state is ItemState.RETRACTED else None,
        "planned_count": 0,
    }


def _values(session: Session, site: Site, new: NewItem, now: datetime) -> dict[str, Any]:
    html = sanitise(new.html)
    summary = to_text(new.summary) if new.summary else to_text(html)
    values = {
        "state": new.state,
        "title": clean_line(new.title),
        "html": html,
        "summary": excerpt(summary, SUMMARY_CHARACTERS),
        "url": new.url,
        "language": new.language,
        "author_name": clean_line(new.author_name)[:200],
        "author_hash": _author_hash(site, new.author_address),
        "image_url": new.image_url,
        "image_alt": clean_line(new.image_alt)[:500],
        "facts": new.facts,
    }
    values["content_hash"] = _hash({**values, "topics": topics.carried(new), "published_at": new.published_at})
    family = _family(session, site, new)
    if new.state is ItemState.LIVE and not summary and (new.kind is ItemKind.COMMENT or not clean_line(new.title)):
        raise _RefusedError("no_words")
    return {**values, **family, "published_at": new.published_at or now}


def _family(session: Session, site: Site, new: NewItem) -> dict[str, int | None]:
    if new.kind is ItemKind.ARTICLE:
        return {"article_id": None, "parent_id": None}
    article = _find(session, site, new.article_guid, ItemKind.ARTICLE)
    if article is None:
        raise _RefusedError("unknown_article")
    parent = _find(session, site, new.parent_guid, ItemKind.COMMENT) if new.parent_guid else None
    if new.parent_guid and parent is None:
        raise _RefusedError("unknown_parent")
    return {"article_id": article, "parent_id": parent}


def _find(session: Session, site: Site, guid: str, kind: ItemKind) -> int | None:
    return session.scalar(select(Item.id).where(Item.site_id == site.id, Item.guid == guid, Item.kind == kind))


def _carry(session: Session, site: Site, item_id: int, new: NewItem) -> None:
    """Give the item its topics, and make the topics that readers may follow from it."""
    pairs = topics.carried(new)
    ids = _topic_ids(session, site, [*pairs, _offered(session, site, new)])
    session.execute(delete(ItemTopic).where(ItemTopic.item_id == item_id))
    session.execute(
        upsert(session, ItemTopic),
        [{"item_id": item_id, "topic_id": ids[name], "position": n} for n, (name, _) in enumerate(pairs)],
    )


def _offered(session: Session, site: Site, new: NewItem) -> tuple[str, str]:
    """The topic that readers may follow from this item.

    Answers to a comment bear the article's title: a label stands in confirmation letters, which must not carry
    what a stranger wrote in a comment.
    """
    if new.kind is ItemKind.ARTICLE:
        return topics.thread(new.guid), clean_line(new.title)
    article = select(Item.title).where(Item.site_id == site.id, Item.guid == new.article_guid)
    return topics.replies(new.guid), session.scalars(article).one()


def _topic_ids(session: Session, site: Site, pairs: list[tuple[str, str]]) -> dict[str, int]:
    insert = upsert(session, Topic)
    # New topics that two items name in different order would make each wait for the other.
    queue_up(session, f"topics of {site.id}")
    session.execute(
        insert.on_conflict_do_nothing(index_elements=["site_id", "name"]),
        [{"site_id": site.id, "name": name, "label": label[:LABEL_CHARACTERS]} for name, label in pairs],
    )
    found = select(Topic.name, Topic.id).where(Topic.site_id == site.id, Topic.name.in_([name for name, _ in pairs]))
    return dict(session.execute(found).all())


def _author_hash(site: Site, address: str) -> str:
    try:
        return address_hash(site.pepper, check_address(address).key) if address else ""
    except AddressInvalid:
        return ""


def _hash(values: dict[str, Any]) -> str:
    plain = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
