"""Undo an act: exactly what it changed, where nobody has changed it since."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, update
from sqlalchemy.orm import Session, aliased

from notifier.bulk import among
from notifier.db import affected, upsert
from notifier.desk.acting.doing import Changes, mark, note
from notifier.domain.desk_words import ActKind
from notifier.domain.words import ConsentAction
from notifier.models import BulkAct, ConsentEvent, Subscriber, SubscriberTag, Subscription, Suppression


def undo(session: Session, act: BulkAct, changes: Changes, now: datetime) -> int:
    """Take these changes back; gives how many that were."""
    readers, rows = [reader for reader, _ in changes], [row for _, row in changes]
    match act.kind:
        case ActKind.TAG:
            ours = SubscriberTag.tag_id == act.about, among(session, SubscriberTag.subscriber_id, readers)
            return affected(session, delete(SubscriberTag).where(*ours))
        case ActKind.UNTAG:
            again = [{"tag_id": act.about, "subscriber_id": reader} for reader in readers]
            session.connection().execute(upsert(session, SubscriberTag).on_conflict_do_nothing(), again)
            return len(again)
        case ActKind.UNSUBSCRIBE:
            back = _begin_again(session, act, rows)
        case ActKind.SUPPRESS:
            back = _lift(session, act, rows, now)
    whose = dict(zip(rows, readers, strict=True))
    note(session, act, [whose[row] for row in back], ConsentAction.CHANGED, now)
    return len(back)


def _begin_again(session: Session, act: BulkAct, rows: Sequence[int]) -> Sequence[int]:
    """Who subscribed anew meanwhile keeps that as it is, ended or not; who left or moved is not subscribed again."""
    anew = aliased(Subscription)
    is_there = exists().where(
        anew.subscriber_id == Subscription.subscriber_id,
        anew.topic_id == Subscription.topic_id,
        anew.ended_at.is_(None) | (anew.id > Subscription.id),
    )
    # Another address of theirs agreed to what they had when they moved, and to nothing more.
    is_as_then = exists().where(
        Subscriber.id == Subscription.subscriber_id,
        Subscriber.confirmed_at.is_not(None),
        ConsentEvent.subscriber_id == Subscriber.id,
        ConsentEvent.address_hash == Subscriber.address_hash,
        ConsentEvent.source == mark(act),
    )
    ours = among(session, Subscription.id, rows), Subscription.ended_reason == mark(act), ~is_there, is_as_then
    again = update(Subscription).where(*ours).values(ended_at=None, ended_reason="")
    return session.scalars(again.returning(Subscription.id)).all()


def _lift(session: Session, act: BulkAct, rows: Sequence[int], now: datetime) -> Sequence[int]:
    ours = among(session, Suppression.id, rows), Suppression.source == mark(act), Suppression.lifted_at.is_(None)
    return session.scalars(update(Suppression).where(*ours).values(lifted_at=now).returning(Suppression.id)).all()
