"""Who wants an item: equality of topics, said in SQL."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, case, func, literal, select, tuple_, union, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import affected, upsert
from notifier.domain import topics
from notifier.domain.words import Frequency, ItemKind, NoticeReason
from notifier.models import Bookmark, Item, ItemTopic, Notice, Subscriber, Subscription, Topic

CROWD: Final = 200
"""Notices that are written in the very transaction that takes comments in; a greater crowd's are nudged on."""


def instant_readers(item: Item) -> Select[int, str]:
    """Confirmed readers who want this article at once: (reader, want), each once; a want is their language."""
    return (
        select(Subscriber.id.label("reader"), Subscriber.language.label("want"))
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .join(ItemTopic, ItemTopic.topic_id == Subscription.topic_id)
        .where(
            ItemTopic.item_id == item.id,
            Subscription.ended_at.is_(None),
            Subscription.frequency == Frequency.INSTANT,
            Subscriber.confirmed_at.is_not(None),
        )
        .distinct()
    )


def unmatched(session: Session, ids: Collection[int]) -> list[tuple[int, ItemKind]]:
    """(id, kind) of those of these items, and of the answers to them, that nobody was owed yet."""
    waits = select(Item.id, Item.kind).where(Item.matched_at.is_(None))
    theirs = union(
        waits.where(among(session, Item.id, ids)),
        waits.where(among(session, Item.parent_id, ids)),
    )
    return [(item, kind) for item, kind in session.execute(theirs)]


def settle(session: Session, comments: Collection[int], now: datetime) -> None:
    """Note that everybody is owed these comments who is to be."""
    done = update(Item).where(among(session, Item.id, comments)).values(matched_at=now)
    session.execute(done.execution_options(synchronize_session=False))


def is_crowd(session: Session, comments: Collection[int]) -> bool:
    """Whether too many follow these comments to be written down while somebody waits for the answer."""
    some = select(Subscription.id).join(ItemTopic, ItemTopic.topic_id == Subscription.topic_id)
    some = some.join(Topic, Topic.id == ItemTopic.topic_id).where(*_by_name(comments)).limit(CROWD + 1)
    return (session.scalar(select(func.count()).select_from(some.subquery())) or 0) > CROWD


def write_notices(
    session: Session, comments: Collection[int], now: datetime, holds: Mapping[NoticeReason, timedelta]
) -> int:
    """Owe comments to everyone they answer or mention and who follows their author, never to the author.

    One statement and one notice a person and comment: the strongest reason and the most immediate frequency of theirs
    win. Whoever follows the thread alone is owed it by a bookmark, without a row.
    """
    frequencies, reasons = list(Frequency), list(NoticeReason)
    frequency = func.min(case({f: f.rank for f in frequencies}, value=Subscription.frequency))
    kinds = [(_is_kind(kind), reasons.index(reason)) for kind, reason in topics.REASONS.items()]
    reason = func.min(case(*kinds, else_=len(reasons) - 1))
    owed = (
        select(
            Subscription.subscriber_id,
            Item.id,
            Item.article_id,
            case({n: r.value for n, r in enumerate(reasons)}, value=reason),
            case({f.rank: f.value for f in frequencies}, value=frequency),
            literal(now, Notice.created_at.type),
            case({n: literal(now + holds[r], Notice.due_at.type) for n, r in enumerate(reasons)}, value=reason),
        )
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(ItemTopic, ItemTopic.topic_id == Subscription.topic_id)
        .join(Item, Item.id == ItemTopic.item_id)
        .join(Topic, Topic.id == ItemTopic.topic_id)
        .where(
            *_by_name(comments),
            Item.announced_at.is_not(None),
            Subscriber.confirmed_at.is_not(None),
            Subscriber.address_hash != Item.author_hash,
        )
        .group_by(Subscription.subscriber_id, Item.id, Item.article_id)
    )
    columns = ["subscriber_id", "item_id", "article_id", "reason", "frequency", "created_at", "due_at"]
    return affected(session, upsert(session, Notice).from_select(columns, owed).on_conflict_do_nothing())


def note_authors(session: Session, comments: Collection[int], now: datetime) -> None:
    """Whoever writes under an article reads what comes of it: their letters about it are at the quickest pace again."""
    wrote = (
        select(Subscriber.id, Item.article_id)
        .join(Item, (Item.author_hash == Subscriber.address_hash) & (Item.site_id == Subscriber.site_id))
        .where(among(session, Item.id, comments), Item.author_hash != "")
    )
    alive = update(Bookmark).where(tuple_(Bookmark.subscriber_id, Bookmark.article_id).in_(wrote))
    alive = alive.values(unanswered=0, alive_at=now, look_at=now)
    session.execute(alive.execution_options(synchronize_session=False))


def _by_name(comments: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    """Active subscriptions to what these comments carry, but for their threads."""
    return ItemTopic.item_id.in_(list(comments)), Subscription.ended_at.is_(None), ~_is_kind("thread")


def _is_kind(kind: str) -> ColumnElement[bool]:
    return Topic.name.startswith(f"{kind}:", autoescape=True)
