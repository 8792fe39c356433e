"""Begin, change and end subscriptions; each change re-opens the check of letters already planned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain import topics
from notifier.domain.desk_words import OF_ACT
from notifier.domain.words import Frequency
from notifier.models import MAY_TURN, UNTIL_ALIVE, Bookmark, Item, ItemTopic, Site, Subscriber, Subscription, Topic


@dataclass(frozen=True, slots=True)
class Ended:
    """What somebody ended, by the names of its topics."""

    now: list[str]
    """Was active."""
    before: list[str]
    """An act on many readers had ended it: it stays ended, whoever undoes the act."""

    @property
    def said(self) -> list[str]:
        """All that they do not want, each once."""
        return list(dict.fromkeys([*self.now, *self.before]))


def subscribe(
    session: Session,
    subscriber: Subscriber,
    names: Sequence[str],
    frequency: Frequency,
    now: datetime,
    *,
    is_implicit: bool = False,
) -> None:
    """Begin what is not there yet; a subscription that is active keeps its frequency.

    `is_implicit`: the reader found the box ticked.
    """
    ids = _made_ids(session, subscriber, names)
    if not ids:
        return
    rows = [
        {
            "subscriber_id": subscriber.id,
            "topic_id": topic,
            "frequency": frequency,
            "is_implicit": is_implicit,
            "created_at": now,
            "ended_reason": "",
        }
        for topic in ids
    ]
    fresh = upsert(session, Subscription).on_conflict_do_nothing().returning(Subscription.topic_id)
    begun = session.scalars(fresh, rows).all()
    if begun and not is_implicit:
        _choose_anew(session, subscriber, begun, frequency)
    subscriber.changed_at = now


def set_frequency(session: Session, subscriber: Subscriber, topic: str, frequency: Frequency, now: datetime) -> None:
    """Give an active subscription another frequency; a thread that had turned daily since comes at this one again."""
    session.execute(
        update(Subscription)
        .where(
            *_active(subscriber),
            Subscription.topic_id.in_(_ids(subscriber, [topic])),
            Subscription.frequency != frequency,
        )
        .values(frequency=frequency, frequency_changed_at=now)
    )
    _choose_anew(session, subscriber, _ids(subscriber, [topic]), frequency)
    subscriber.changed_at = now


def end(session: Session, subscriber: Subscriber, which: ColumnElement[bool], reason: str, now: datetime) -> Ended:
    """End the subscriptions that `which` selects: those that are active, and for good those that an act had ended."""
    # One statement for both: an act that is undone in this very moment slips through neither.
    theirs = Subscription.ended_at.is_(None) | Subscription.ended_reason.startswith(OF_ACT)
    ended = session.execute(
        update(Subscription)
        .where(Subscription.subscriber_id == subscriber.id, theirs, which)
        .values(ended_at=func.coalesce(Subscription.ended_at, now), ended_reason=reason)
        .returning(Subscription.topic_id, Subscription.ended_at)
    ).all()
    if ended:
        # Not where it was so already: when the last change was tells whether it can still be taken back.
        subscriber.changed_at = now
    names = dict(session.execute(select(Topic.id, Topic.name).where(Topic.id.in_([one for one, _ in ended]))).all())
    fresh = [names[one] for one, at in ended if at == now]
    return Ended(fresh, [names[one] for one, at in ended if at != now])


def end_topics(session: Session, subscriber: Subscriber, names: Iterable[str], reason: str, now: datetime) -> Ended:
    """End the subscriptions to these topics."""
    return end(session, subscriber, Subscription.topic_id.in_(_ids(subscriber, list(names))), reason, now)


def has_any(session: Session, subscriber: Subscriber) -> bool:
    """Whether a reader has any subscription that is active."""
    return session.scalar(select(Subscription.id).where(*_active(subscriber)).limit(1)) is not None


def may_have_any(session: Session, subscriber: Subscriber) -> bool:
    """Whether a reader has one that is active, or one that an act of editors had ended: it may be undone."""
    theirs = Subscription.ended_at.is_(None) | Subscription.ended_reason.startswith(OF_ACT)
    some = select(Subscription.id).where(Subscription.subscriber_id == subscriber.id, theirs)
    return session.scalar(some.limit(1)) is not None


def take_in(subscriber: Subscriber, now: datetime) -> None:
    """Write to a reader from now on; the pause of one who had left everything was of what they had then."""
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at, subscriber.paused_until = now, None


def let_go(subscriber: Subscriber, now: datetime) -> bool:
    """Write to a reader no more, nor the editors' letters to everybody, until they confirm anew.

    False where that was so already.
    """
    if subscriber.confirmed_at is None:
        return False
    subscriber.confirmed_at, subscriber.changed_at = None, now
    return True


def _choose_anew(
    session: Session, subscriber: Subscriber, ids: Sequence[int] | Select[int], frequency: Frequency
) -> None:
    """Forget that threads with comments of these topics had turned daily; a day of too many letters goes by itself."""
    if frequency not in MAY_TURN:
        return
    carried = exists().where(
        Item.article_id == Bookmark.article_id, ItemTopic.item_id == Item.id, ItemTopic.topic_id.in_(ids)
    )
    turned = (Bookmark.subscriber_id == subscriber.id, Bookmark.daily_until >= UNTIL_ALIVE)
    chosen = update(Bookmark).where(*turned, carried).values(daily_until=None)
    session.execute(chosen.execution_options(synchronize_session=False))


def _active(subscriber: Subscriber) -> tuple[ColumnElement[bool], ...]:
    return Subscription.subscriber_id == subscriber.id, Subscription.ended_at.is_(None)


def _ids(subscriber: Subscriber, names: Iterable[str]) -> Select[int]:
    theirs = [topics.bound(name, subscriber.address_hash) for name in names]
    return select(Topic.id).where(Topic.site_id == subscriber.site_id, Topic.name.in_(theirs))


def _made_ids(session: Session, subscriber: Subscriber, names: Sequence[str]) -> Sequence[int]:
    """The topics of these names; one that means this reader alone is made where it is new."""
    site = session.scalars(select(Site.name).where(Site.id == subscriber.site_id)).one()
    for name in names:
        if (theirs := topics.bound(name, subscriber.address_hash)) == name and not name.startswith(topics.PERSONAL):
            continue
        article = select(Topic.label).where(
            Topic.site_id == subscriber.site_id, Topic.name == topics.thread(theirs.partition("/")[2])
        )
        row = {"site_id": subscriber.site_id, "name": theirs, "label": session.scalar(article) or site}
        session.execute(upsert(session, Topic).values(**row).on_conflict_do_nothing())
    return session.scalars(_ids(subscriber, names)).all()
