"""The last second counts: consent, suppression and retraction are looked at again when a letter is claimed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.orm import Session

from notifier.domain.claimed import Claimed
from notifier.domain.words import ItemState, Reason
from notifier.models import Delivery, Item, ItemTopic, LetterItem, Subscriber, Subscription, Suppression

WAITS_MOST: Final = timedelta(minutes=10)
"""A reader's change is dated when it is asked for and seen when it is committed: at most this much later."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The claimed deliveries that may go, and why the others may not."""

    ready: tuple[Claimed, ...]
    unwanted: dict[int, Reason]


def check(session: Session, delivery_ids: Sequence[int]) -> Checked:
    """Look at each claimed delivery as things are now."""
    rows = session.execute(_rows(delivery_ids)).all()
    shown = _live_items(session, {row.letter_id for row in rows})
    changed = {row.id for row in rows if row.changed_at is not None and row.changed_at >= row.created_at - WAITS_MOST}
    wanted = _still_wanted(session, changed)
    ready: list[Claimed] = []
    unwanted: dict[int, Reason] = {}
    for row in rows:
        items = shown[row.letter_id].live
        if row.id in changed and row.kind.is_list_mail:
            items = tuple(item for item in items if item in wanted[row.id])
        if reason := _refusal(row, items, shown[row.letter_id]):
            unwanted[row.id] = reason
        else:
            ready.append(_claimed(row, items))
    return Checked(tuple(ready), unwanted)


@dataclass(slots=True)
class _Shown:
    live: tuple[int, ...] = ()
    has_items: bool = False


def _refusal(row: Row[*tuple[object, ...]], items: tuple[int, ...], shown: _Shown) -> Reason | None:
    if row.subscriber_id is None:
        return Reason.ERASED
    if row.is_suppressed:
        return Reason.SUPPRESSED
    if not row.kind.is_list_mail:
        return None
    if row.confirmed_at is None:
        return Reason.UNSUBSCRIBED
    if shown.has_items and not shown.live:
        return Reason.RETRACTED
    return Reason.UNSUBSCRIBED if shown.has_items and not items else None


def _rows(delivery_ids: Sequence[int]) -> Select[*tuple[object, ...]]:
    suppressed = exists().where(
        Suppression.site_id == Subscriber.site_id,
        Suppression.address_hash == Subscriber.address_hash,
        Suppression.lifted_at.is_(None),
    )
    return (
        select(
            Delivery.id,
            Delivery.letter_id,
            Delivery.kind,
            Delivery.about_id,
            Delivery.created_at,
            Delivery.subscriber_id,
            Subscriber.address,
            Subscriber.name,
            Subscriber.confirmed_at,
            Subscriber.changed_at,
            suppressed.label("is_suppressed"),
        )
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.id.in_(delivery_ids))
        .order_by(Delivery.id)
    )


def _claimed(row: Row[*tuple[object, ...]], items: tuple[int, ...]) -> Claimed:
    return Claimed(
        row.id, row.letter_id, items, row.kind, row.about_id, row.subscriber_id, address=row.address, name=row.name
    )


def _live_items(session: Session, letter_ids: Iterable[int]) -> dict[int, _Shown]:
    rows = session.execute(
        select(LetterItem.letter_id, Item.id, Item.state)
        .join(Item, Item.id == LetterItem.item_id)
        .where(LetterItem.letter_id.in_(list(letter_ids)))
        .order_by(LetterItem.letter_id, LetterItem.position)
    )
    shown: dict[int, _Shown] = defaultdict(_Shown)
    for letter, item, state in rows:
        shown[letter].has_items = True
        if state is ItemState.LIVE:
            shown[letter].live += (item,)
    return shown


def _still_wanted(session: Session, delivery_ids: Collection[int]) -> dict[int, set[int]]:
    """For readers who changed something since the plan: the items that a subscription of theirs still matches."""
    rows = session.execute(
        select(Delivery.id, LetterItem.item_id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .join(ItemTopic, ItemTopic.item_id == LetterItem.item_id)
        .join(
            Subscription,
            (Subscription.topic_id == ItemTopic.topic_id) & (Subscription.subscriber_id == Delivery.subscriber_id),
        )
        .where(Delivery.id.in_(delivery_ids), Subscription.ended_at.is_(None))
        .distinct()
    )
    wanted: dict[int, set[int]] = defaultdict(set)
    for delivery, item in rows:
        wanted[delivery].add(item)
    return wanted
