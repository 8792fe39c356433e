"""What letters would show now, and what of it their readers still want."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import String, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.words import ItemKind, ItemState, NoticeReason
from notifier.models import (
    Delivery,
    Item,
    ItemTopic,
    LetterItem,
    Mute,
    Notice,
    Subscription,
)


@dataclass(slots=True)
class Shown:
    """The live items of a letter, and whether it ever had any."""

    live: tuple[int, ...] = ()
    has_items: bool = False


def live_items(session: Session, letter_ids: Iterable[int]) -> dict[int, Shown]:
    """What these letters would show now."""
    rows = session.execute(
        select(LetterItem.letter_id, Item.id, Item.state)
        .join(Item, Item.id == LetterItem.item_id)
        .where(among(session, LetterItem.letter_id, letter_ids))
        .order_by(LetterItem.letter_id, LetterItem.position)
    )
    shown: dict[int, Shown] = defaultdict(Shown)
    for letter, item, state in rows:
        shown[letter].has_items = True
        if state is ItemState.LIVE:
            shown[letter].live += (item,)
    return shown


def still_wanted(session: Session, delivery_ids: Collection[int]) -> dict[int, set[int]]:
    """For readers who changed something since the plan: the items that a subscription of theirs still matches."""
    if not delivery_ids:
        return {}
    rows = session.execute(
        select(Delivery.id, LetterItem.item_id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .join(ItemTopic, ItemTopic.item_id == LetterItem.item_id)
        .join(
            Subscription,
            (Subscription.topic_id == ItemTopic.topic_id) & (Subscription.subscriber_id == Delivery.subscriber_id),
        )
        .where(among(session, Delivery.id, delivery_ids), Subscription.ended_at.is_(None))
        .distinct()
    )
    wanted: dict[int, set[int]] = defaultdict(set)
    for delivery, item in rows:
        wanted[delivery].add(item)
    return wanted


def muted_items(session: Session, delivery_ids: Collection[int]) -> dict[int, set[int]]:
    """For readers who changed something since the plan: the comments that they want no letter of."""
    if not delivery_ids:
        return {}
    reason = func.coalesce(Notice.reason, NoticeReason.THREAD.value)
    rows = session.execute(
        select(Delivery.id, LetterItem.item_id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .join(Item, Item.id == LetterItem.item_id)
        .join(Mute, Mute.subscriber_id == Delivery.subscriber_id)
        .outerjoin(Notice, (Notice.item_id == Item.id) & (Notice.subscriber_id == Delivery.subscriber_id))
        .where(
            among(session, Delivery.id, delivery_ids),
            Item.kind == ItemKind.COMMENT,
            or_(
                Mute.what == "all",
                Mute.what == literal("thread:").concat(cast(Item.article_id, String)),
                Mute.what == literal("kind:").concat(cast(reason, String)),
            ),
        )
    )
    muted: dict[int, set[int]] = defaultdict(set)
    for delivery, item in rows:
        muted[delivery].add(item)
    return muted
