"""Undo an act: exactly what it changed, where nobody has changed it since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import affected, upsert
from notifier.desk.acting.doing import Changes, has_newer, mark, note, reason
from notifier.domain.desk_words import ActKind, ActState
from notifier.domain.words import ConsentAction
from notifier.models import BulkAct, BulkChange, ConsentEvent, Subscriber, SubscriberTag, Subscription, Suppression


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
            for heir, theirs in _heirs(session, act, readers, Subscription.id, Subscription.ended_at).items():
                of_act = among(session, Subscription.id, theirs), Subscription.ended_reason == mark(act)
                session.execute(update(Subscription).where(*of_act).values(ended_reason=mark(heir)))
            back = _begin_again(session, act, rows)
        case ActKind.SUPPRESS:
            for heir, theirs in _heirs(session, act, readers, Suppression.id, Suppression.at).items():
                of_act = among(session, Suppression.id, theirs), Suppression.source == mark(act)
                values = {"source": mark(heir), "reason": reason(heir)}
                session.execute(update(Suppression).where(*of_act).values(values))
            back = _lift(session, act, rows, now)
    whose = dict(zip(rows, readers, strict=True))
    note(session, act, [whose[row] for row in back], ConsentAction.CHANGED, now)
    return len(back)


def _heirs(session: Session, act: BulkAct, readers: Sequence[int], row: Any, since: Any) -> dict[BulkAct, list[int]]:  # noqa: ANN401 - columns
    """Other acts that stand and did the same to these readers' rows -> the rows, each once: they are theirs now.

    An act that was over before a row came to be as it is has no part in it.
    """
    of_others = BulkAct.id != act.id, BulkAct.kind == act.kind, BulkAct.about == act.about
    found = session.execute(
        select(BulkChange.row_id, func.max(BulkAct.id))
        .join(BulkAct, BulkAct.id == BulkChange.act_id)
        .join(row.class_, row == BulkChange.row_id)
        .where(among(session, BulkChange.subscriber_id, readers), *of_others)
        .where(BulkAct.state.in_([ActState.DOING, ActState.DONE]), BulkAct.touched_at >= since)
        .group_by(BulkChange.row_id)
    ).all()
    theirs: dict[int, list[int]] = {}
    for changed, heir in found:
        theirs.setdefault(heir, []).append(changed)
    heirs = session.scalars(select(BulkAct).where(BulkAct.id.in_(theirs)))
    return {heir: theirs[heir.id] for heir in heirs}


def _begin_again(session: Session, act: BulkAct, rows: Sequence[int]) -> Sequence[int]:
    """Who subscribed anew meanwhile keeps that as it is, ended or not; who left or moved is not subscribed again."""
    # Another address of theirs agreed to what they had when they moved, and to nothing more.
    is_as_then = exists().where(
        Subscriber.id == Subscription.subscriber_id,
        Subscriber.confirmed_at.is_not(None),
        ConsentEvent.subscriber_id == Subscriber.id,
        ConsentEvent.address_hash == Subscriber.address_hash,
        ConsentEvent.source == mark(act),
    )
    ours = among(session, Subscription.id, rows), Subscription.ended_reason == mark(act), ~has_newer(), is_as_then
    again = update(Subscription).where(*ours).values(ended_at=None, ended_reason="")
    return session.scalars(again.returning(Subscription.id)).all()


def _lift(session: Session, act: BulkAct, rows: Sequence[int], now: datetime) -> Sequence[int]:
    ours = among(session, Suppression.id, rows), Suppression.source == mark(act), Suppression.lifted_at.is_(None)
    return session.scalars(update(Suppression).where(*ours).values(lifted_at=now).returning(Suppression.id)).all()
