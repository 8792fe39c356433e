"""What belongs to a reader: their letters so far, and everything that is kept of them, to take along."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from notifier.domain.words import LetterKind, Reason, State
from notifier.models import (
    AddressMove,
    Bookmark,
    BulkChange,
    ConsentEvent,
    Delivery,
    Item,
    LetterItem,
    Mute,
    Notice,
    OldLink,
    ReaderSession,
    Reply,
    SignIn,
    Signup,
    Subscriber,
    SubscriberNote,
    SubscriberTag,
    Subscription,
    Tag,
    Topic,
    Trace,
)

PAGE: Final = 25
AT_ONCE: Final = 500
_PRIVATE: Final = (
    "id", "site_id", "subscriber_id", "address_hash", "limit_hash", "address_key", "topic_id",
    "moves_id", "signup_id", "token_hash", "key_hash", "wording_hash", "words_hash", "message_hash", "generation",
)  # fmt: skip
"""Columns of ours that tell a reader nothing about themselves."""
OF_A_READER: Final[dict[str, Any]] = {
    "muted": Mute, "consent": ConsentEvent, "sign_ups": Signup, "waiting": Notice, "bookmarks": Bookmark,
    "replies": Reply, "sign_ins": SignIn, "sessions": ReaderSession, "old_links": OldLink,
    "opens_and_clicks": Trace, "notes": SubscriberNote, "changes_by_editors": BulkChange,
    "former_addresses": AddressMove,
}  # fmt: skip
"""Tables whose rows are exported as they are, by the name that the export gives them."""


@dataclass(frozen=True, slots=True)
class PastLetter:
    """One letter that was owed to somebody, and what became of it."""

    id: int
    kind: LetterKind
    at: datetime
    title: str
    """Of what it told first; empty for letters about nothing but the subscription."""
    state: State
    reason: Reason | None


def history(session: Session, subscriber_id: int, before: int = 0, at_most: int = PAGE) -> list[PastLetter]:
    """A reader's letters, the newest first: those older than the delivery `before`, 0 for all."""
    first = select(Item.title).join(LetterItem, LetterItem.item_id == Item.id)
    # A comment has no title: the article it stands under has.
    title = first.where(LetterItem.letter_id == Delivery.letter_id, Item.title != "").order_by(LetterItem.position)
    talk = _article_of_first_comment()
    rows = session.execute(
        select(
            Delivery.id, Delivery.kind, Delivery.finished_at, Delivery.created_at, Delivery.state, Delivery.reason,
            title.limit(1).scalar_subquery(), talk,
        )
        .where(Delivery.subscriber_id == subscriber_id, Delivery.id < before if before else Delivery.id > 0)
        .order_by(Delivery.id.desc())
        .limit(at_most)
    )  # fmt: skip
    return [
        PastLetter(one, kind, finished_at or created_at, title or about or "", state, reason)
        for one, kind, finished_at, created_at, state, reason, title, about in rows
    ]


def export(session: Session, subscriber_id: int) -> Iterator[tuple[str, Iterable[Any]]]:
    """Everything that is kept of a reader: (name, values), a stretch at a time; whoever reads must keep it open."""
    reader = session.get_one(Subscriber, subscriber_id)
    yield "reader", [_told(reader)]
    topics = select(Topic.name, Topic.label, *_columns(Subscription)).join(
        Subscription, Subscription.topic_id == Topic.id
    )
    yield "subscriptions", _rows(session, topics.where(Subscription.subscriber_id == subscriber_id))
    for name, model in OF_A_READER.items():
        yield name, _rows(session, select(*_columns(model)).where(model.subscriber_id == subscriber_id))
    # A wish for another address stands with whoever has that one until it is granted.
    yield "moves", _rows(session, select(*_columns(Signup)).where(Signup.moves_id == subscriber_id))
    tags = select(Tag.name).join(SubscriberTag, SubscriberTag.tag_id == Tag.id)
    yield "tags", _rows(session, tags.where(SubscriberTag.subscriber_id == subscriber_id).order_by(Tag.name))
    yield "letters", _letters(session, subscriber_id)


def _letters(session: Session, subscriber_id: int) -> Iterator[dict[str, Any]]:
    before = 0
    while some := history(session, subscriber_id, before, AT_ONCE):
        details = dict(
            session.execute(select(Delivery.id, Delivery.detail).where(Delivery.id.in_([one.id for one in some]))).all()
        )
        for one in some:
            told = {"kind": one.kind, "at": one.at, "title": one.title, "state": one.state, "reason": one.reason}
            yield {name: _plain(value) for name, value in {**told, "detail": details.get(one.id, "")}.items()}
        before = some[-1].id


def _article_of_first_comment() -> Any:  # noqa: ANN401 - a scalar subquery
    comment = select(Item.article_id).join(LetterItem, LetterItem.item_id == Item.id)
    of_letter = comment.where(LetterItem.letter_id == Delivery.letter_id, Item.article_id.is_not(None))
    article = Item.__table__.alias("articles")
    # Said aloud: by itself a subquery knows only what stands right around it, and would look at everybody's letters.
    found = of_letter.order_by(LetterItem.position).limit(1).correlate(Delivery).scalar_subquery()
    return select(article.c.title).where(article.c.id == found).scalar_subquery()


def _columns(model: Any) -> list[Any]:  # noqa: ANN401 - any of the models
    return [column for column in model.__table__.columns if column.name not in _PRIVATE]


def _rows(session: Session, which: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a select of some columns
    for row in session.execute(which.execution_options(yield_per=AT_ONCE)):
        yield _as_dict(row)


def _as_dict(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def _told(reader: Subscriber) -> dict[str, Any]:
    return {column.name: _plain(getattr(reader, column.name)) for column in _columns(Subscriber)}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.isoformat() if isinstance(value, datetime | date) else value
