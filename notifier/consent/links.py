"""What the links of a letter may do: see, leave, change; all by signed ids, all safe to repeat."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from notifier.consent import editorial
from notifier.consent.evidence import note
from notifier.consent.naming import Named, called, named
from notifier.consent.subscriptions import end, has_any, let_go, may_have_any
from notifier.consent.undoing import Act, Undo, latest
from notifier.domain.issues import LEFT
from notifier.domain.topics import OF_COMMENTS
from notifier.domain.words import ConsentAction, Frequency, ItemKind, LetterKind
from notifier.models import Delivery, Item, ItemTopic, Letter, LetterItem, Subscriber, Subscription, Topic

UNSUBSCRIBE: Final = "u"
PREFERENCES: Final = "p"
VIEW: Final = "v"
"""The purposes that tokens are bound to; also the first path segment of their pages."""

PARTIAL: Final = frozenset({LetterKind.ALERT, LetterKind.DIGEST, LetterKind.REPLY})
"""Letters that come from some of a reader's subscriptions and say which."""


WORDS_MAX: Final = 300


class Scope(StrEnum):
    """How much an unsubscribe ends: what brought this letter, what brings letters of its kind, or everything.

    Of an issue: the editors' letters, these and the sections that it was for, or everything.
    """

    LETTER = "letter"
    KIND = "kind"
    ALL = "all"


class Because(StrEnum):
    """Why somebody leaves, as far as they want to say."""

    TOO_MANY = "too_many"
    NOT_FOR_ME = "not_for_me"
    NEVER_ASKED = "never_asked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Farewell:
    """By what somebody asks to be unsubscribed, and why."""

    source: str = "link"
    because: Because | None = None
    words: str = ""

    @property
    def detail(self) -> dict[str, Any]:
        """What of it is kept beside the event."""
        said = {"because": self.because.value if self.because else "", "words": self.words[:WORDS_MAX]}
        return {name: value for name, value in said.items() if value}


_WITHOUT_A_WORD: Final = Farewell()


@dataclass(frozen=True, slots=True)
class LinkView:
    """Whom a signed link speaks for, without telling the address."""

    site_id: int
    subscriber_id: int
    delivery_id: int
    language: str
    letter_kind: LetterKind | None
    topics: tuple[Named, ...]
    """The subscriptions that scope LETTER would end, of an issue KIND; empty once they are ended."""
    is_kind_wider: bool = False
    """Whether scope KIND would end more than LETTER."""
    has_left_editors: bool = False
    """Whether they get no issues any more."""

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left that scope LETTER would end."""
        return self.has_left_editors if self.letter_kind is LetterKind.ISSUE else not self.topics


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """What an unsubscribe ended, and whether anything is left."""

    site_id: int
    language: str
    ended: tuple[Named, ...]
    is_anything_left: bool
    is_over: bool
    """Whether they get no letter at all from now on, nor one for everybody."""
    undo: Undo | None = None
    """Of what was ended now or, where that was so already, of the same button pressed before."""
    has_left_editors: bool = False
    """Whether the editors' letters are among it."""


def view(session: Session, subscriber_id: int, delivery_id: int) -> LinkView | None:
    """Look at a link; changes nothing. None if the reader was erased."""
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        return None
    letter = _letter(session, delivery_id)
    names = session.execute(
        select(Topic.name, Topic.label)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.ended_at.is_(None), _topical(session, letter))
        .order_by(Topic.label)
    )
    topics = named(session, subscriber.site_id, names.all())
    is_issue = letter is not None and letter.kind is LetterKind.ISSUE
    return LinkView(
        site_id=subscriber.site_id,
        subscriber_id=subscriber_id,
        delivery_id=delivery_id,
        language=subscriber.language,
        letter_kind=letter.kind if letter else None,
        topics=topics,
        is_kind_wider=bool(topics)
        if is_issue
        else letter is not None and letter.kind in _KINDS and _count(session, subscriber, letter) > len(topics),
        has_left_editors=is_issue and editorial.has_left(session, subscriber_id),
    )


def unsubscribe(
    session: Session, link: LinkView, scope: Scope, now: datetime, ip: str = "", farewell: Farewell = _WITHOUT_A_WORD
) -> Unsubscribed:
    """End the subscriptions of this scope; doing it twice changes nothing more.

    Whoever has none left afterwards gets no letter at all, as their page says.
    """
    subscriber = session.get_one(Subscriber, link.subscriber_id)
    confirmed_at, letter = subscriber.confirmed_at, _letter(session, link.delivery_id)
    gone = end(session, subscriber, _within(session, scope, letter), "unsubscribed", now)
    is_theirs = letter is not None and letter.kind is LetterKind.ISSUE and scope is not Scope.ALL
    names, ended = gone.said, called(session, subscriber.site_id, gone.now)
    if has_left := is_theirs and editorial.leave(session, subscriber, now):
        names.append(LEFT)
    is_over = (scope is Scope.ALL or not may_have_any(session, subscriber)) and let_go(subscriber, now)
    if names or is_over:
        why, by = farewell.detail, farewell.source
        note(session, subscriber, ConsentAction.UNSUBSCRIBED, ",".join(names), now, source=by, ip=ip, detail=why)
    is_done_now = bool(gone.now) or has_left or is_over
    return Unsubscribed(
        subscriber.site_id,
        subscriber.language,
        ended,
        is_anything_left=has_any(session, subscriber),
        is_over=subscriber.confirmed_at is None,
        undo=Undo(subscriber.id, Act.LEFT, now, confirmed_at) if is_done_now else latest(session, subscriber, now),
        has_left_editors=has_left,
    )


def _topical(session: Session, letter: Letter | None) -> ColumnElement[bool]:
    """The subscriptions that a letter tells of."""
    if letter is not None and letter.kind is LetterKind.ISSUE:
        return editorial.brought(session, letter)
    return _brought(letter)


def _within(session: Session, scope: Scope, letter: Letter | None) -> ColumnElement[bool]:
    if scope is Scope.ALL:
        return true()
    if letter is not None and letter.kind is LetterKind.ISSUE:
        return editorial.brought(session, letter) if scope is Scope.KIND else false()
    if scope is Scope.KIND and letter is not None and letter.kind in _KINDS:
        return _KINDS[letter.kind]()
    return _brought(letter)


def _alerting() -> ColumnElement[bool]:
    return (Subscription.frequency == Frequency.INSTANT) & ~_conversing()


def _conversing() -> ColumnElement[bool]:
    of_comments = or_(*(Topic.name.startswith(kind, autoescape=True) for kind in OF_COMMENTS))
    return Subscription.topic_id.in_(select(Topic.id).where(of_comments))


_KINDS: Final = {LetterKind.ALERT: _alerting, LetterKind.REPLY: _conversing}
"""Letters of whose kind a reader may have more subscriptions than brought one of them; a digest has all of its."""


def _count(session: Session, subscriber: Subscriber, letter: Letter) -> int:
    """How many active subscriptions bring letters of this kind."""
    active = (Subscription.subscriber_id == subscriber.id, Subscription.ended_at.is_(None))
    of_kind = select(func.count()).select_from(Subscription).where(*active, _within(session, Scope.KIND, letter))
    return session.scalar(of_kind) or 0


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
