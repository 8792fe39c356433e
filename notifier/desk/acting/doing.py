"""Do an act to some readers: a few statements, and a row for each thing that was changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from notifier import outbox
from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.calls import OF_CONSENT
from notifier.domain.desk_words import OF_ACT, ActKind
from notifier.domain.words import ConsentAction
from notifier.models import (
    BulkAct,
    BulkChange,
    ConsentEvent,
    Subscriber,
    SubscriberTag,
    Subscription,
    Suppression,
    Topic,
)

Changes = Sequence[tuple[int, int]]
"""(reader, the row that was changed)."""


def do(session: Session, act: BulkAct, ids: Sequence[int], now: datetime) -> int:
    """Do it to these readers; gives how many rows were changed."""
    match act.kind:
        case ActKind.TAG:
            changes = _tag(session, act, ids)
        case ActKind.UNTAG:
            changes = _untag(session, act, ids)
        case ActKind.UNSUBSCRIBE:
            changes = _unsubscribe(session, act, ids, now)
        case ActKind.SUPPRESS:
            changes = _suppress(session, act, ids, now)
    rows = [{"act_id": act.id, "subscriber_id": reader, "row_id": row} for reader, row in changes]
    if rows:
        session.connection().execute(insert(BulkChange), rows)
    return len(rows)


def mark(act: BulkAct) -> str:
    """What rows that an act changed bear, so that undoing it touches no later change."""
    return f"{OF_ACT}{act.id}"


def reason(act: BulkAct) -> str:
    """Why it suppresses."""
    return act.words[:40] or "asked"


def note(session: Session, act: BulkAct, ids: Sequence[int], action: ConsentAction, now: datetime) -> None:
    """Append a consent event for each of these readers; the site's endpoints are told of it."""
    columns = ["site_id", "subscriber_id", "address_hash", "purpose", "action", "at", "wording_hash", "source", "ip",
               "detail"]  # fmt: skip
    table = ConsentEvent.__table__.c
    purpose = session.scalar(select(Topic.name).where(Topic.id == act.about)) if act.kind is ActKind.UNSUBSCRIBE else ""
    about = (purpose or act.words)[:600]
    rows = select(
        Subscriber.site_id, Subscriber.id, Subscriber.address_hash, literal(about),
        literal(action, table.action.type), literal(now, table.at.type), literal(""), literal(mark(act)), literal(""),
        literal({}, table.detail.type),
    ).where(among(session, Subscriber.id, ids))  # fmt: skip
    session.connection().execute(insert(ConsentEvent).from_select(columns, rows))
    session.connection().execute(update(Subscriber).where(among(session, Subscriber.id, ids)).values(changed_at=now))
    outbox.tell_of_readers(session, act.site_id, OF_CONSENT[action], ids, now, about)


def _tag(session: Session, act: BulkAct, ids: Sequence[int]) -> Changes:
    bears = exists().where(SubscriberTag.subscriber_id == Subscriber.id, SubscriberTag.tag_id == act.about)
    new = select(literal(act.about), Subscriber.id).where(among(session, Subscriber.id, ids), ~bears)
    made = upsert(session, SubscriberTag).from_select(["tag_id", "subscriber_id"], new).on_conflict_do_nothing()
    return [(reader, act.about) for reader in session.scalars(made.returning(SubscriberTag.subscriber_id))]


def _untag(session: Session, act: BulkAct, ids: Sequence[int]) -> Changes:
    gone = delete(SubscriberTag).where(
        SubscriberTag.tag_id == act.about, among(session, SubscriberTag.subscriber_id, ids)
    )
    return [(reader, act.about) for reader in session.scalars(gone.returning(SubscriberTag.subscriber_id))]


def _unsubscribe(session: Session, act: BulkAct, ids: Sequence[int], now: datetime) -> Changes:
    theirs = among(session, Subscription.subscriber_id, ids), Subscription.topic_id == act.about
    # What another act had ended is of both: it begins again once both are undone.
    of_both = Subscription.ended_reason.startswith(OF_ACT), ~has_newer()
    shared = _pairs(session, select(Subscription.subscriber_id, Subscription.id).where(*theirs, *of_both))
    ended = update(Subscription).where(*theirs, Subscription.ended_at.is_(None))
    ended = ended.values(ended_at=now, ended_reason=mark(act))
    changes = [*shared, *_pairs(session, ended.returning(Subscription.subscriber_id, Subscription.id))]
    note(session, act, [reader for reader, _ in changes], ConsentAction.UNSUBSCRIBED, now)
    return changes


def _suppress(session: Session, act: BulkAct, ids: Sequence[int], now: datetime) -> Changes:
    readers: dict[str, int] = {
        hashed: reader
        for reader, hashed in session.execute(
            select(Subscriber.id, Subscriber.address_hash).where(among(session, Subscriber.id, ids))
        )
    }
    if not readers:
        return []
    fresh = {"reason": reason(act), "source": mark(act), "at": now, "lifted_at": None}
    rows = [{"site_id": act.site_id, "address_hash": hashed, **fresh} for hashed in readers]
    new = upsert(session, Suppression)
    new = new.on_conflict_do_update(
        index_elements=["site_id", "address_hash"], set_=fresh, where=Suppression.lifted_at.is_not(None)
    )
    session.connection().execute(new, rows)
    # What another act had suppressed is of both: it is lifted once both are undone.
    of_acts = Suppression.source.startswith(OF_ACT), Suppression.lifted_at.is_(None)
    ours = select(Suppression.address_hash, Suppression.id).where(
        Suppression.site_id == act.site_id, Suppression.address_hash.in_(readers), *of_acts
    )
    changes = [(readers[hashed], row) for hashed, row in session.execute(ours)]
    note(session, act, [reader for reader, _ in changes], ConsentAction.SUPPRESSED, now)
    return changes


def has_newer() -> ColumnElement[bool]:
    """Whether a reader has, or had since, another subscription to the topic of one that ended."""
    anew = aliased(Subscription)
    return exists().where(
        anew.subscriber_id == Subscription.subscriber_id,
        anew.topic_id == Subscription.topic_id,
        anew.ended_at.is_(None) | (anew.id > Subscription.id),
    )


def _pairs(session: Session, statement: Any) -> Changes:  # noqa: ANN401 - a SELECT, or an UPDATE with RETURNING
    return [(reader, row) for reader, row in session.execute(statement)]
