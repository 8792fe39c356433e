"""What letters would show now, and what of it their readers still want."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import String, cast, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from notifier.bulk import among
from notifier.domain.owed import Owed
from notifier.domain.words import ItemKind, ItemState, NoticeReason, Reason
from notifier.models import (
    Delivery,
    Item,
    ItemTopic,
    LetterItem,
    Mute,
    Notice,
    OtherVersion,
    Subscription,
)

_ARTICLE: Final = aliased(Item)


@dataclass(slots=True)
class Shown:
    """The live items of a letter, and whether it ever had any."""

    live: tuple[int, ...] = ()
    has_items: bool = False
    comments: set[int] = field(default_factory=set)
    """Those of its items that are comments, live or not."""
    away: tuple[int, ...] = ()
    """Those of them that are not live, or stand under an article that is not."""

    def without(self, some: Collection[int]) -> "Shown":
        """The same for a delivery that does not show these."""
        if not some:
            return self
        live, away = (tuple(one for one in items if one not in some) for items in (self.live, self.away))
        return replace(self, live=live, away=away)

    def left_out(self, unwished: Mapping[int, Reason]) -> dict[int, Reason | None]:
        """The comments that a letter leaves out: the reader's reason, None for those that are not live."""
        if not self.comments:
            return {}
        mine = {item: why for item, why in unwished.items() if item in self.comments}
        return dict.fromkeys(self.away) | mine


def shown_now(session: Session, owed: Collection[Owed]) -> dict[int, Shown]:
    """What each of these deliveries would show now; comments that it left out before it does not take up again."""
    of_letter = live_items(session, {one.letter_id for one in owed})
    before = _left_out(session, [one.id for one in owed if of_letter[one.letter_id].comments])
    return {one.id: of_letter[one.letter_id].without(before.get(one.id, ())) for one in owed}


def live_items(session: Session, letter_ids: Iterable[int]) -> dict[int, Shown]:
    """What these letters would show now."""
    rows = session.execute(
        select(LetterItem.letter_id, Item.id, Item.kind, _ARTICLE.id, Item.state, _ARTICLE.state)
        .join(Item, Item.id == LetterItem.item_id)
        .outerjoin(_ARTICLE, _ARTICLE.id == Item.article_id)
        .where(among(session, LetterItem.letter_id, letter_ids))
        .order_by(LetterItem.letter_id, LetterItem.position)
    ).all()
    back = _back(session, {row[1]: row[3] for row in rows if row[2] is ItemKind.COMMENT and not _is_live(row[4:])})
    shown: dict[int, Shown] = defaultdict(Shown)
    for letter, item, kind, _, *states in rows:
        found = shown[letter]
        found.has_items = True
        if kind is ItemKind.COMMENT:
            found.comments.add(item)
        if _is_live(states) or item in back:
            found.live += (item,)
        elif kind is ItemKind.COMMENT:
            found.away += (item,)
    return shown


def _is_live(states: Iterable[ItemState | None]) -> bool:
    """Whether an item is shown by its state and, where it has one, by that of its article."""
    return all(state in {ItemState.LIVE, None} for state in states)


def _back(session: Session, comments: Mapping[int, int | None]) -> set[int]:
    """Those of these comments that were let through this very moment; the others, and their articles, stay as they are.

    Until we end: so whoever plans letters of a comment that is approved later sees that it was left out of ours.
    """
    if not comments:
        return set()
    some = comments.keys() | {article for article in comments.values() if article}
    these = select(Item.id, Item.state).where(among(session, Item.id, some)).order_by(Item.id)
    states = dict(session.execute(these.with_for_update(read=True)).all())
    return {one for one, article in comments.items() if _is_live((states[one], states.get(article or 0)))}


def _left_out(session: Session, delivery_ids: Collection[int]) -> dict[int, set[int]]:
    """The comments that earlier tries of these deliveries left out: they are owed by themselves since."""
    if not delivery_ids:
        return {}
    rows = session.execute(
        select(OtherVersion.delivery_id, OtherVersion.item_id)
        .join(Item, Item.id == OtherVersion.item_id)
        .where(
            among(session, OtherVersion.delivery_id, delivery_ids),
            OtherVersion.version.is_(None),
            Item.kind == ItemKind.COMMENT,
        )
    )
    before: dict[int, set[int]] = defaultdict(set)
    for delivery, item in rows:
        before[delivery].add(item)
    return before


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
