"""Who wants an item: equality of topics, said in SQL."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Executable, Select, Table, bindparam, case, exists, func, select, tuple_, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from notifier.bulk import among_those, any_of, looked_up
from notifier.db import affected, is_server
from notifier.domain import topics
from notifier.domain.words import Frequency, ItemKind, NoticeReason, State
from notifier.models import (
    Bookmark,
    Delivery,
    Item,
    ItemTopic,
    LetterItem,
    Notice,
    OtherVersion,
    Subscriber,
    Subscription,
    Thread,
    Topic,
    is_awake,
    signs_of_life,
)

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


_WAITS: Final = select(Item.id, Item.kind).where(Item.matched_at.is_(None))
_UNMATCHED: Final = union(_WAITS.where(any_of(Item.id, "ids")), _WAITS.where(any_of(Item.parent_id, "ids")))
_SETTLE: Final = (
    update(Item)
    .where(any_of(Item.id, "comments"))
    .values(matched_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


def unmatched(session: Session, ids: Collection[int]) -> list[tuple[int, ItemKind]]:
    """(id, kind) of those of these items, and of the answers to them, that nobody was owed yet."""
    return [(item, kind) for item, kind in session.execute(_UNMATCHED, {"ids": ids})]


def settle(session: Session, comments: Collection[int], now: datetime) -> None:
    """Note that everybody is owed these comments who is to be."""
    session.execute(_SETTLE, {"comments": comments, "now": now})


_FOLLOWED: Final = (
    select(Topic.id, Topic.name)
    .join(Subscription, Subscription.topic_id == Topic.id)
    .where(
        among_those(
            Subscription.topic_id,
            # A thread is followed by thousands, and they are owed its comments by their bookmarks.
            select(ItemTopic.topic_id).where(
                any_of(ItemTopic.item_id, "comments"), ~exists().where(Thread.topic_id == ItemTopic.topic_id)
            ),
        ),
        Subscription.ended_at.is_(None),
    )
)
_FOLLOWED_BY_FEW: Final = _FOLLOWED.limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class Carried:
    """Comments, and the followed topics they carry but for their threads: topic -> its reason."""

    comments: tuple[int, ...]
    topics: dict[int, NoticeReason]


def carried(session: Session, comments: Collection[int], at_most: float = math.inf) -> Carried | None:
    """Look them up; None where more subscriptions than `at_most` match."""
    if at_most == math.inf:
        rows = session.execute(_FOLLOWED.distinct(), {"comments": comments}).all()
    else:
        rows = session.execute(_FOLLOWED_BY_FEW, {"comments": comments, "most": at_most + 1}).all()
    if len(rows) > at_most:
        return None
    kinds = [(topic, name.partition(":")[0]) for topic, name in rows]
    return Carried(tuple(comments), {topic: topics.REASONS[kind] for topic, kind in kinds if kind in topics.REASONS})


def _owed() -> Select[Any]:
    """Who is owed which comment; executed with `comments`, `topics` and, for each reason, `of_…` and `due_…`."""
    frequencies, reasons = list(Frequency), list(NoticeReason)
    frequency = func.min(case({f: f.rank for f in frequencies}, value=Subscription.frequency))
    by_reason = [(any_of(ItemTopic.topic_id, f"of_{reason}"), n) for n, reason in enumerate(reasons)]
    reason = func.min(case(*by_reason, else_=len(reasons) - 1))
    due = {n: bindparam(f"due_{r}", type_=Notice.due_at.type) for n, r in enumerate(reasons)}
    return (
        select(
            Subscription.subscriber_id,
            Item.id,
            Item.article_id,
            case({n: r.value for n, r in enumerate(reasons)}, value=reason),
            case({f.rank: f.value for f in frequencies}, value=frequency),
            bindparam("now", type_=Notice.created_at.type),
            case(due, value=reason),
        )
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(ItemTopic, ItemTopic.topic_id == Subscription.topic_id)
        .join(Item, Item.id == ItemTopic.item_id)
        .where(
            any_of(ItemTopic.item_id, "comments"),
            # Said again of the items: the planner would read them all.
            any_of(Item.id, "comments"),
            any_of(Subscription.topic_id, "topics"),
            Subscription.ended_at.is_(None),
            Item.announced_at.is_not(None),
            Subscriber.confirmed_at.is_not(None),
            is_awake(bindparam("now", type_=Notice.created_at.type)),
            Subscriber.address_hash != Item.author_hash,
            ~looked_up(_shown()),
        )
        .group_by(Subscription.subscriber_id, Item.id, Item.article_id)
    )


def _shown() -> Select[int]:
    """A letter that shows this reader the comment: one of the thread may, before what it answers is here."""
    other = (OtherVersion.delivery_id == Delivery.id) & (OtherVersion.item_id == LetterItem.item_id)
    return (
        select(Delivery.id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .outerjoin(OtherVersion, other)
        .where(
            LetterItem.item_id == Item.id,
            Delivery.subscriber_id == Subscriber.id,
            Delivery.state.in_((State.QUEUED, State.SENDING, State.SENT)),
            OtherVersion.delivery_id.is_(None) | OtherVersion.version.is_not(None),
        )
        .correlate(Item, Subscriber)
    )


@cache
def _write_notices(*, on_server: bool) -> Executable:
    insert = postgresql.insert if on_server else sqlite.insert
    columns = ["subscriber_id", "item_id", "article_id", "reason", "frequency", "created_at", "due_at"]
    # By the table: the session would take the parameters of an insert into a class for a row.
    return insert(cast("Table", Notice.__table__)).from_select(columns, _owed()).on_conflict_do_nothing()


def write_notices(session: Session, of: Carried, now: datetime, holds: Mapping[NoticeReason, timedelta]) -> int:
    """Owe comments to everyone they answer or mention and who follows their author, never to the author.

    One statement and one notice a person and comment: the strongest reason and the most immediate frequency of theirs
    win. Whoever follows the thread alone is owed it by a bookmark, without a row.
    """
    given: dict[str, Any] = {"comments": of.comments, "topics": list(of.topics), "now": now}
    for reason in NoticeReason:
        given[f"of_{reason}"] = [topic for topic, its in of.topics.items() if its is reason]
        given[f"due_{reason}"] = now + holds[reason]
    return affected(session, _write_notices(on_server=is_server(session)), given)


_WROTE: Final = (
    select(Subscriber.id, Item.article_id)
    .join(Item, (Item.author_hash == Subscriber.address_hash) & (Item.site_id == Subscriber.site_id))
    .where(any_of(Item.id, "comments"), Item.author_hash != "")
)
_NOTE_AUTHORS: Final = (
    update(Bookmark)
    .where(tuple_(Bookmark.subscriber_id, Bookmark.article_id).in_(_WROTE))
    .values(signs_of_life(bindparam("now")))
    .execution_options(synchronize_session=False)
)


def note_authors(session: Session, comments: Collection[int], now: datetime) -> None:
    """Whoever writes under an article reads what comes of it: their letters about it are at the quickest pace again."""
    session.execute(_NOTE_AUTHORS, {"comments": comments, "now": now})
