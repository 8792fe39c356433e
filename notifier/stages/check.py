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
from notifier.domain.words import ItemKind, ItemState, LetterKind, NoticeReason, Reason
from notifier.models import (
    Delivery,
    Issue,
    Item,
    ItemTopic,
    LetterItem,
    Mute,
    Notice,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
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
    shut = _shut_domains(session, owed, readers)
    shown = _live_items(session, {one.letter_id for one in owed})
    changed = _changed(owed, readers)
    wanted = _still_wanted(session, changed)
    muted = _muted(session, changed)
    issues = _issues(session, owed)
    strays = _strays(session, [one for one in owed if one.id in changed], issues)
    ready: list[Claimed] = []
    unwanted: dict[int, Reason] = {}
    for one in owed:
        reader, items = readers.get(one.subscriber_id), shown[one.letter_id].live
        # An issue goes to its audience, whatever its items are about.
        if one.id in changed and one.kind.is_list_mail and one.kind is not LetterKind.ISSUE:
            items = tuple(item for item in items if item in wanted[one.id])
            if items and muted[one.id].issuperset(items):
                unwanted[one.id] = Reason.MUTED
                continue
            items = tuple(item for item in items if item not in muted[one.id])
        if reader is None:
            unwanted[one.id] = Reason.ERASED
        elif (reader.site_id, reader.domain) in shut:
            unwanted[one.id] = Reason.SUPPRESSED
        elif one.id in strays:
            unwanted[one.id] = Reason.UNSUBSCRIBED
        elif reason := _refusal(one, reader, items, _with_words(one, shown[one.letter_id], issues)):
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
    site_id: int
    address_key: str
    may_track: bool

    @property
    def domain(self) -> str:
        """Of the address, in A-labels."""
        return self.address_key.rpartition("@")[2]


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
            Subscriber.site_id,
            Subscriber.address_key,
            Subscriber.may_track,
        ).where(among(session, Subscriber.id, {one.subscriber_id for one in owed if one.subscriber_id}))
    )
    return {reader.id: reader for reader in map(_Reader._make, rows)}


def _shut_domains(
    session: Session, owed: Sequence[Owed], readers: Mapping[int | None, _Reader]
) -> set[tuple[int, str]]:
    """Which of these readers' domains are suppressed, each with its site: one look, whatever there are of either."""
    domains = sorted({reader.domain for reader in readers.values()})
    if not owed or not domains:
        return set()
    shut = select(Suppression.site_id, Suppression.domain).where(
        Suppression.domain != "", Suppression.domain.in_(domains), Suppression.lifted_at.is_(None)
    )
    return {(site, domain) for site, domain in session.execute(shut)}


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


class _Issue(NamedTuple):
    site_id: int
    has_words: bool
    topics: tuple[str, ...]
    """Those that its audience follows; none for everybody."""


def _issues(session: Session, owed: Sequence[Owed]) -> dict[int, _Issue]:
    ids = {one.about_id for one in owed if one.kind is LetterKind.ISSUE}
    if not ids:
        return {}
    rows = session.execute(select(Issue.id, Issue.site_id, Issue.html, Issue.audience).where(Issue.id.in_(ids)))
    return {one: _Issue(site, bool(html), tuple(whom.get("topics", ()))) for one, site, html, whom in rows}


def _with_words(one: Owed, shown: _Shown, issues: Mapping[int, _Issue]) -> _Shown:
    """What an editor wrote goes out, even if all the items that went with it were taken back."""
    is_said = one.kind is LetterKind.ISSUE and one.about_id in issues and issues[one.about_id].has_words
    return _Shown() if is_said else shown


def _strays(session: Session, changed: Sequence[Owed], issues: Mapping[int, _Issue]) -> set[int]:
    """The deliveries of issues whose readers follow none of its audience's topics any more."""
    strays: set[int] = set()
    for about, issue in issues.items():
        theirs = [one for one in changed if one.kind is LetterKind.ISSUE and one.about_id == about]
        if not theirs or not issue.topics:
            continue
        follow = set(
            session.scalars(
                select(Subscription.subscriber_id)
                .join(Topic, Topic.id == Subscription.topic_id)
                .where(
                    among(
                        session, Subscription.subscriber_id, {one.subscriber_id for one in theirs if one.subscriber_id}
                    ),
                    Topic.site_id == issue.site_id,
                    Topic.name.in_(issue.topics),
                    Subscription.ended_at.is_(None),
                )
            )
        )
        strays |= {one.id for one in theirs if one.subscriber_id not in follow}
    return strays


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
