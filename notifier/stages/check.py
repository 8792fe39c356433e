"""The last second counts: consent, suppression and retraction are looked at again when a letter is claimed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import String, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.owed import Owed
from notifier.domain.words import ItemKind, ItemState, NoticeReason, Reason
from notifier.models import (
    Delivery,
    Item,
    ItemTopic,
    LetterItem,
    Mute,
    Notice,
    Subscriber,
    Subscription,
    Suppression,
    is_awake,
)

WAITS_MOST: Final = timedelta(minutes=10)
"""A reader's change is dated when it is asked for and seen when it is committed: at most this much later."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The claimed deliveries that may go, and why the others may not."""

    ready: tuple[Claimed, ...]
    unwanted: dict[int, Reason]


def check(session: Session, owed: Sequence[Owed], now: datetime) -> Checked:
    """Look at each claimed delivery as things are now."""
    readers = _readers(session, owed, now)
    shown = _live_items(session, {one.letter_id for one in owed})
    changed = _changed(owed, readers)
    wanted = _still_wanted(session, changed)
    muted = _muted(session, changed)
    ready: list[Claimed] = []
    unwanted: dict[int, Reason] = {}
    for one in owed:
        reader, items = readers.get(one.subscriber_id), shown[one.letter_id].live
        if one.id in changed and one.kind.is_list_mail:
            items = tuple(item for item in items if item in wanted[one.id])
            if items and muted[one.id].issuperset(items):
                unwanted[one.id] = Reason.MUTED
                continue
            items = tuple(item for item in items if item not in muted[one.id])
        if reader is None:
            unwanted[one.id] = Reason.ERASED
        elif reason := _refusal(one, reader, items, shown[one.letter_id]):
            unwanted[one.id] = reason
        else:
            ready.append(_claimed(one, reader, items))
    return Checked(tuple(ready), unwanted)


def _claimed(one: Owed, reader: "_Reader", items: tuple[int, ...]) -> Claimed:
    who = reader.id, reader.address, reader.name, reader.may_track
    return Claimed(one.id, one.letter_id, items, one.kind, one.about_id, *who)


class _Reader(NamedTuple):
    id: int
    address: str
    name: str
    is_confirmed: bool
    changed_at: datetime | None
    """None for a change that is older than all the letters."""
    is_suppressed: bool
    is_paused: bool
    may_track: bool


@dataclass(slots=True)
class _Shown:
    live: tuple[int, ...] = ()
    has_items: bool = False


def _changed(owed: Sequence[Owed], readers: Mapping[int | None, _Reader]) -> set[int]:
    """The deliveries whose reader changed something since they were planned."""
    moved = {reader.id: reader.changed_at + WAITS_MOST for reader in readers.values() if reader.changed_at}
    return {one.id for one in owed if one.subscriber_id in moved and moved[one.subscriber_id] >= one.created_at}


def _refusal(one: Owed, reader: _Reader, items: tuple[int, ...], shown: _Shown) -> Reason | None:
    if reader.is_suppressed:
        return Reason.SUPPRESSED
    if not one.kind.is_list_mail:
        return None
    if not reader.is_confirmed:
        return Reason.UNSUBSCRIBED
    if reader.is_paused:
        return Reason.PAUSED
    if shown.has_items and not shown.live:
        return Reason.RETRACTED
    return Reason.UNSUBSCRIBED if shown.has_items and not items else None


def _readers(session: Session, owed: Sequence[Owed], now: datetime) -> dict[int | None, _Reader]:
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
            Subscriber.may_track,
        ).where(among(session, Subscriber.id, {one.subscriber_id for one in owed if one.subscriber_id}))
    )
    return {reader.id: reader for reader in map(_Reader._make, rows)}


def _live_items(session: Session, letter_ids: Iterable[int]) -> dict[int, _Shown]:
    rows = session.execute(
        select(LetterItem.letter_id, Item.id, Item.state)
        .join(Item, Item.id == LetterItem.item_id)
        .where(among(session, LetterItem.letter_id, letter_ids))
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


def _muted(session: Session, delivery_ids: Collection[int]) -> dict[int, set[int]]:
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
