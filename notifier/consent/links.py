"""What the links of a letter may do: see, leave, change; all by signed ids, all safe to repeat."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, aliased

from notifier.consent.evidence import note
from notifier.consent.subscriptions import end
from notifier.domain.words import ConsentAction, Frequency, ItemKind, LetterKind
from notifier.models import Delivery, Item, ItemTopic, Letter, LetterItem, Subscriber, Subscription, Topic

UNSUBSCRIBE: Final = "u"
PREFERENCES: Final = "p"
VIEW: Final = "v"
"""The purposes that tokens are bound to; also the first path segment of their pages."""

PARTIAL: Final = frozenset({LetterKind.ALERT, LetterKind.DIGEST, LetterKind.REPLY})
"""Letters that come from some of a reader's subscriptions and say which."""


class Scope(StrEnum):
    """How much an unsubscribe ends: what brought this letter, or everything."""

    LETTER = "letter"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class LinkView:
    """Whom a signed link speaks for, without telling the address."""

    site_id: int
    subscriber_id: int
    delivery_id: int
    language: str
    letter_kind: LetterKind | None
    topics: tuple[str, ...]
    """Labels of the subscriptions that scope LETTER would end; empty once they are ended."""


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """What an unsubscribe ended: labels, and whether anything is left."""

    site_id: int
    language: str
    ended: tuple[str, ...]
    is_anything_left: bool


def view(session: Session, subscriber_id: int, delivery_id: int) -> LinkView | None:
    """Look at a link; changes nothing. None if the reader was erased."""
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        return None
    letter = _letter(session, delivery_id)
    names = session.execute(
        select(Topic.name, Topic.label)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.ended_at.is_(None), _brought(letter))
        .order_by(Topic.label)
    )
    return LinkView(
        site_id=subscriber.site_id,
        subscriber_id=subscriber_id,
        delivery_id=delivery_id,
        language=subscriber.language,
        letter_kind=letter.kind if letter else None,
        topics=tuple(label or name for name, label in names),
    )


def unsubscribe(
    session: Session, link: LinkView, scope: Scope, now: datetime, *, ip: str = "", source: str = "link"
) -> Unsubscribed:
    """End the subscriptions of this scope; doing it twice changes nothing more."""
    subscriber = session.get_one(Subscriber, link.subscriber_id)
    which = true() if scope is Scope.ALL else _brought(_letter(session, link.delivery_id))
    names = end(session, subscriber, which, "unsubscribed", now)
    left = session.scalar(
        select(Subscription.id)
        .where(Subscription.subscriber_id == subscriber.id, Subscription.ended_at.is_(None))
        .limit(1)
    )
    if scope is Scope.ALL:
        subscriber.confirmed_at = None
    if names:
        note(session, subscriber, ConsentAction.UNSUBSCRIBED, ",".join(names), now, source=source, ip=ip)
    labels = session.scalars(
        select(Topic.label).where(Topic.site_id == subscriber.site_id, Topic.name.in_(names)).order_by(Topic.label)
    ).all()
    return Unsubscribed(subscriber.site_id, subscriber.language, tuple(labels), is_anything_left=left is not None)


def _letter(session: Session, delivery_id: int) -> Letter | None:
    return session.scalar(
        select(Letter).join(Delivery, Delivery.letter_id == Letter.id).where(Delivery.id == delivery_id)
    )


def _brought(letter: Letter | None) -> ColumnElement[bool]:
    """The subscriptions that a letter came from; all where that cannot be told."""
    if letter is None or letter.kind not in PARTIAL:
        return true()
    if letter.kind is LetterKind.DIGEST:
        return Subscription.frequency == letter.frequency
    if letter.kind is LetterKind.ALERT:
        return (Subscription.frequency == Frequency.INSTANT) & Subscription.topic_id.in_(
            select(ItemTopic.topic_id)
            .join(LetterItem, LetterItem.item_id == ItemTopic.item_id)
            .where(LetterItem.letter_id == letter.id)
        )
    return Subscription.topic_id.in_(_of_items(letter)) | Subscription.topic_id.in_(_of_thread(letter))


def _of_items(letter: Letter) -> Select[int]:
    """What the letter's own items carry."""
    shown = select(ItemTopic.topic_id).join(LetterItem, LetterItem.item_id == ItemTopic.item_id)
    return shown.where(LetterItem.letter_id == letter.id)


def _of_thread(letter: Letter) -> Select[int]:
    """The article's thread, and the answers to any comment under it."""
    sibling = aliased(Item)
    return (
        select(ItemTopic.topic_id)
        .join(Topic, Topic.id == ItemTopic.topic_id)
        .join(sibling, sibling.id == ItemTopic.item_id)
        .join(Item, Item.article_id == sibling.article_id)
        .join(LetterItem, LetterItem.item_id == Item.id)
        .where(
            LetterItem.letter_id == letter.id,
            sibling.kind == ItemKind.COMMENT,
            or_(*(Topic.name.like(pattern) for pattern in ("thread:%", "replies:%", "passage:%", "mine:%/%"))),
        )
    )
