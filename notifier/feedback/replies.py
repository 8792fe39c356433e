"""A reply by mail becomes a row, or is refused with its reason; whatever it was, it counts once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from notifier.domain.address import AddressInvalid, check_address, fold
from notifier.domain.incoming import Mail
from notifier.domain.text.clean import clip
from notifier.domain.words import ItemKind, ItemState, ReplyRefusal, ReplyState
from notifier.models import (
    Delivery,
    Item,
    Letter,
    LetterItem,
    Notice,
    OtherVersion,
    Reply,
    Site,
    Subscriber,
    is_reachable,
    takes_comments,
)

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a reply may be, and how many one person may send in an hour."""

    characters_max: int
    per_h: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a reply: its row, and why it will be no comment."""

    reply_id: int | None
    """None for somebody who was erased: nothing is kept of them."""
    refusal: ReplyRefusal | None = None
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class _Answered:
    """What a reply answers: a comment, or the article alone where the comments of its letter are gone."""

    article_id: int
    parent_id: int | None


def take_in(session: Session, delivery_id: int, mail: Mail, limits: Limits, now: datetime) -> Taken | None:
    """Keep what a reader answered to this letter. None where there never was such a letter."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return None
    # One after the other for each person: the limit and "once" would not hold otherwise.
    reader = session.get(Subscriber, delivery.subscriber_id or 0, with_for_update=True)
    if reader is None:
        return Taken(None, ReplyRefusal.SUPPRESSED)
    known = _known(session, reader, mail)
    if known is not None:
        return Taken(known.id, known.reason, is_new=False)
    answered = _answered(session, delivery, reader)
    refusal = _refusal(session, reader, mail, limits, now) or (None if answered else ReplyRefusal.GONE)
    row = Reply(
        site_id=reader.site_id,
        subscriber_id=reader.id,
        delivery_id=delivery.id,
        article_id=answered.article_id if answered else None,
        parent_id=answered.parent_id if answered else None,
        message_hash=mail.message_hash,
        words="" if refusal else clip(mail.words, limits.characters_max),
        words_hash=sha256(mail.words.encode()).hexdigest(),
        state=ReplyState.REFUSED if refusal else ReplyState.WAITING,
        reason=refusal,
        next_attempt_at=now,
        created_at=now,
        finished_at=now if refusal else None,
    )
    session.add(row)
    session.flush()
    return Taken(row.id, refusal)


def _known(session: Session, reader: Subscriber, mail: Mail) -> Reply | None:
    same = (Reply.subscriber_id == reader.id, Reply.message_hash == mail.message_hash)
    return session.scalar(select(Reply).where(*same))


def _refusal(session: Session, reader: Subscriber, mail: Mail, limits: Limits, now: datetime) -> ReplyRefusal | None:
    # A machine first: what it sent is never answered.
    if mail.is_automatic:
        return ReplyRefusal.AUTOMATIC
    return _of_reader(session, reader) or _of_mail(reader, mail) or _of_others(session, reader, limits, now)


def _of_reader(session: Session, reader: Subscriber) -> ReplyRefusal | None:
    may_be_written_to = is_reachable(session, reader.site_id, are_few=True)
    if session.scalar(select(Subscriber.id).where(Subscriber.id == reader.id, may_be_written_to)) is None:
        return ReplyRefusal.SUPPRESSED
    return ReplyRefusal.UNSUBSCRIBED if reader.confirmed_at is None else None


def _of_mail(reader: Subscriber, mail: Mail) -> ReplyRefusal | None:
    if not _is_from(reader, mail.sender):
        return ReplyRefusal.STRANGER
    return None if mail.words else ReplyRefusal.EMPTY


def _of_others(session: Session, reader: Subscriber, limits: Limits, now: datetime) -> ReplyRefusal | None:
    if not session.scalar(select(takes_comments()).select_from(Site).where(Site.id == reader.site_id)):
        return ReplyRefusal.NO_WAY
    lately = (Reply.subscriber_id == reader.id, Reply.created_at > now - HOUR, Reply.reason.is_(None))
    is_full = (session.scalar(select(func.count()).where(*lately)) or 0) >= limits.per_h
    return ReplyRefusal.TOO_MANY if is_full else None


def _is_from(reader: Subscriber, sender: str) -> bool:
    """Whether a sender is the reader. Folded: who subscribed as `layla+news@…` answers as `layla@…`."""
    try:
        return fold(check_address(sender).key) == fold(reader.address_key)
    except AddressInvalid:
        return False


def _answered(session: Session, delivery: Delivery, reader: Subscriber) -> _Answered | None:
    """The newest comment shown that was to the reader by name, else the newest; only what is still there."""
    comments = session.execute(
        select(Item.id, Item.article_id, Item.state, Notice.reason)
        .join(LetterItem, LetterItem.item_id == Item.id)
        .outerjoin(Notice, (Notice.item_id == Item.id) & (Notice.subscriber_id == reader.id))
        .where(LetterItem.letter_id == delivery.letter_id, Item.kind == ItemKind.COMMENT, Item.article_id.is_not(None))
        .order_by(Item.nth.is_(None), Item.nth, Item.id)
    ).all()
    if not comments:
        return None
    article = session.get(Item, comments[-1].article_id)
    if article is None or article.state is not ItemState.LIVE:
        return None
    shown = _shown(session, delivery)
    return _Answered(article.id, _newest([one for one in comments if one.id in shown]))


def _shown(session: Session, delivery: Delivery) -> frozenset[int]:
    """The items whose words stood in the letter: what it left out did not, nor what it only told the number of."""
    left_out = exists().where(
        OtherVersion.delivery_id == delivery.id,
        OtherVersion.item_id == LetterItem.item_id,
        OtherVersion.version.is_(None),
    )
    items = select(LetterItem.item_id).where(LetterItem.letter_id == delivery.letter_id, ~left_out)
    letter = session.get_one(Letter, delivery.letter_id)
    return frozenset(session.scalars(items.order_by(LetterItem.position).limit(letter.data.get("shown"))))


def _newest(comments: Sequence[Row[*tuple[Any, ...]]]) -> int | None:
    live = [one for one in comments if one.state is ItemState.LIVE]
    by_name = [one for one in live if one.reason is not None and one.reason.is_personal]
    return next((one.id for one in reversed(by_name or live)), None)
