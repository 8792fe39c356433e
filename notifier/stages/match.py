"""Who wants an item: equality of topics, said in SQL."""

from datetime import datetime, timedelta

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.domain.words import Frequency, NoticeReason
from notifier.models import Item, ItemTopic, Notice, Subscriber, Subscription, Topic


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


def write_notices(session: Session, comment: Item, now: datetime, holds: dict[NoticeReason, timedelta]) -> int:
    """Owe a comment to everyone who follows its thread or the comment it answers, never to its author.

    One statement and one notice a person: the strongest reason and the most immediate frequency of theirs win.
    """
    frequencies, reasons = list(Frequency), list(NoticeReason)
    frequency = func.min(case({f: f.rank for f in frequencies}, value=Subscription.frequency))
    reason = func.min(case((Topic.name.startswith("replies:", autoescape=True), 0), else_=1))
    owed = (
        select(
            Subscription.subscriber_id,
            literal(comment.id),
            literal(comment.article_id),
            case({n: r.value for n, r in enumerate(reasons)}, value=reason),
            case({f.rank: f.value for f in frequencies}, value=frequency),
            literal(now, Notice.created_at.type),
            case({n: literal(now + holds[r], Notice.due_at.type) for n, r in enumerate(reasons)}, value=reason),
        )
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(ItemTopic, ItemTopic.topic_id == Subscription.topic_id)
        .join(Topic, Topic.id == ItemTopic.topic_id)
        .where(
            ItemTopic.item_id == comment.id,
            Subscription.ended_at.is_(None),
            Subscriber.confirmed_at.is_not(None),
            Subscriber.address_hash != comment.author_hash,
        )
        .group_by(Subscription.subscriber_id)
    )
    columns = ["subscriber_id", "item_id", "article_id", "reason", "frequency", "created_at", "due_at"]
    return affected(session, upsert(session, Notice).from_select(columns, owed).on_conflict_do_nothing())
