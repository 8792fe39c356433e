"""Who wants an item: equality of topics, said in SQL."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, case, exists, func, literal, select, tuple_, union, update
from sqlalchemy.orm import Session

from notifier.bulk import among, among_those
from notifier.db import affected, upsert
from notifier.domain import topics
from notifier.domain.words import Frequency, ItemKind, NoticeReason
from notifier.models import Bookmark, Item, ItemTopic, Notice, Subscriber, Subscription, Thread, Topic, is_awake

CROWD: Final = 200
"""Notices that are written in the very transaction that takes comments in; a greater crowd's are nudged on."""


def instant_readers(item: Item, now: datetime) -> Select[int, str]:
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
            is_awake(now),
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


@dataclass(frozen=True, slots=True)
class Carried:
    """Comments, and the followed topics they carry but for their threads: topic -> its reason."""

    comments: tuple[int, ...]
    topics: dict[int, NoticeReason]


def carried(session: Session, comments: Collection[int], at_most: float = math.inf) -> Carried | None:
    """Look them up; None where more subscriptions than `at_most` match."""
    theirs = select(ItemTopic.topic_id).where(among(session, ItemTopic.item_id, comments))
    # A thread is followed by thousands, and they are owed its comments by their bookmarks.
    theirs = theirs.where(~exists().where(Thread.topic_id == ItemTopic.topic_id))
    active = (
        select(Topic.id, Topic.name)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .where(among_those(session, Subscription.topic_id, theirs), Subscription.ended_at.is_(None))
    )
    active = active.distinct() if at_most == math.inf else active.limit(int(at_most) + 1)
    rows = session.execute(active).all()
    if len(rows) > at_most:
        return None
    kinds = [(topic, name.partition(":")[0]) for topic, name in rows]
    return Carried(tuple(comments), {topic: topics.REASONS[kind] for topic, kind in kinds if kind in topics.REASONS})


def write_notices(session: Session, of: Carried, now: datetime, holds: Mapping[NoticeReason, timedelta]) -> int:
    """Owe comments to everyone they answer or mention and who follows their author, never to the author.

    One statement and one notice a person and comment: the strongest reason and the most immediate frequency of theirs
    win. Whoever follows the thread alone is owed it by a bookmark, without a row.
    """
    frequencies, reasons = list(Frequency), list(NoticeReason)
    frequency = func.min(case({f: f.rank for f in frequencies}, value=Subscription.frequency))
    by_reason = [
        (among(session, ItemTopic.topic_id, [topic for topic, its in of.topics.items() if its is reason]), n)
        for n, reason in enumerate(reasons)
    ]
    reason = func.min(case(*by_reason, else_=len(reasons) - 1))
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
        .where(
            among(session, ItemTopic.item_id, of.comments),
            # Said again of the items: the planner would read them all.
            among(session, Item.id, of.comments),
            among(session, Subscription.topic_id, of.topics),
            Subscription.ended_at.is_(None),
            Item.announced_at.is_not(None),
            Subscriber.confirmed_at.is_not(None),
            is_awake(now),
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
