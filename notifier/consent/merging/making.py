"""Make readers of the staged rows that were judged so, with the proof of their consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Select, bindparam, case, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from notifier.consent.merging.judging import LEFT_ONE, NEW, had, whose
from notifier.consent.merging.staging import judged, purposes, tag_sets, topic_sets
from notifier.consent.merging.words import Became
from notifier.db import affected, is_server, upsert
from notifier.domain.importing.rows import Fate
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import ConsentEvent, ImportFault, Site, Subscriber, SubscriberTag, Subscription, Suppression

_row: Final = judged.c
_TAKEN: Final = (Became.NEW.value, Became.OPEN.value, Became.MORE.value)
_TOLD: Final = (Became.SUPPRESSED.value, Became.LEFT.value, Became.PENDING.value)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all the consent of a list rests on."""

    import_id: int
    source: str
    words: str
    frequency: Frequency
    has_row_per_list: bool = False
    """Whether who left one list may stand on another."""


def make(session: Session, site: Site, ground: Ground, now: datetime) -> None:
    """Make what was judged; rows that are left out are told as faults of the import."""
    _add_subscribers(session, site, now)
    is_open, is_more = _row.word == Became.OPEN.value, _row.word == Became.MORE.value
    _touch(session, is_open, confirmed_at=now, changed_at=now)
    _touch(session, is_more, changed_at=now)
    _subscribe(session, ground, now)
    _prove(session, site, ground, now)
    tagged = select(tag_sets.c.tag_id, _row.subscriber_id).join(tag_sets, tag_sets.c.number == _row.tags)
    reached = _row.word.in_((*_TAKEN, Became.ALREADY.value)) & _row.subscriber_id.is_not(None)
    _insert(session, SubscriberTag, ["tag_id", "subscriber_id"], tagged.where(reached))
    _bar(session, site, ground, now)
    note_faults(session, ground.import_id)


def note_faults(session: Session, import_id: int) -> None:
    """Tell the lines of who is left out, without an address."""
    told = select(literal(import_id), _row.line, _row.word, literal("")).where(_row.word.in_(_TOLD))
    _insert(session, ImportFault, ["import_id", "line", "reason", "words"], told)


def _add_subscribers(session: Session, site: Site, now: datetime) -> None:
    columns = {
        "site_id": literal(site.id), "address": _row.address, "address_key": _row.address_key,
        "address_hash": _row.address_hash, "name": _row.name, "language": _row.language,
        "time_zone": literal(site.time_zone), "digest_hour": literal(site.digest_hour),
        "digest_weekday": literal(site.digest_weekday), "confirmed_at": _at(now), "created_at": _at(now),
        "changed_at": _at(now), "letters_day": literal(""), "letters_that_day": literal(0),
    }  # fmt: skip
    if is_server(session):
        columns["id"] = _row.subscriber_id
    new = select(*columns.values()).where(NEW)
    once = {"index_elements": ["site_id", "address_key"]}
    made = _insert(session, Subscriber, list(columns), new, once)
    if is_server(session) and made == session.scalar(select(func.count()).where(NEW)):
        return
    # Whoever signed up in this very moment is there already, and keeps what they chose.
    session.connection().execute(update(judged).values(subscriber_id=whose(site.id, _row.address_key)).where(NEW))


def _touch(session: Session, which: ColumnElement[bool], **values: datetime) -> None:
    theirs = select(_row.subscriber_id).where(which)
    session.connection().execute(update(Subscriber).where(Subscriber.id.in_(theirs)).values(**values))


def _subscribe(session: Session, ground: Ground, now: datetime) -> None:
    columns = {
        "subscriber_id": _row.subscriber_id, "topic_id": topic_sets.c.topic_id,
        "frequency": literal(ground.frequency, Subscription.__table__.c.frequency.type),
        "is_implicit": literal(False),  # noqa: FBT003 - a value
        "created_at": _at(now), "ended_reason": literal(""),
    }  # fmt: skip
    wanted = (
        select(*columns.values())
        .join(topic_sets, topic_sets.c.number == _row.topics)
        .where(_row.word.in_(_TAKEN), or_(NEW, ~had(_row.subscriber_id, topic_sets.c.topic_id)))
    )
    once = {"index_elements": ["subscriber_id", "topic_id"], "index_where": Subscription.ended_at.is_(None)}
    _insert(session, Subscription, list(columns), wanted, once)


def _prove(session: Session, site: Site, ground: Ground, now: datetime) -> None:
    """The time that the list tells, where it does; the import's own beside it."""
    kind, gone = ConsentEvent.__table__.c.action.type, _row.word == Became.GONE.value
    action = case((gone, literal(ConsentAction.UNSUBSCRIBED, kind)), else_=literal(ConsentAction.CONFIRMED, kind))
    columns = {
        "site_id": literal(site.id), "subscriber_id": _row.subscriber_id, "address_hash": _row.address_hash,
        "purpose": func.coalesce(purposes.c.purpose, ""), "action": action, "at": func.coalesce(_row.at, _at(now)),
        "wording_hash": literal(""), "source": literal(ground.source[:40]), "ip": literal(""),
        "detail": _detail(session, ground, now),
    }  # fmt: skip
    rows = select(*columns.values()).outerjoin(purposes, purposes.c.number == _row.topics)
    told = rows.where(_row.word.in_((*_TAKEN, Became.GONE.value)))
    session.connection().execute(insert(ConsentEvent).from_select(list(columns), told))


def _detail(session: Session, ground: Ground, now: datetime) -> ColumnElement[Any]:
    said = {"basis": ground.words, "import": ground.import_id, "imported_at": now.isoformat()}
    kind = postgresql.JSONB if is_server(session) else JSON
    detail: ColumnElement[Any] = bindparam(None, said, kind)
    if ground.has_row_per_list:
        left_one = bindparam(None, {**said, LEFT_ONE: ground.import_id}, kind)
        detail = case((_row.fate == Fate.OFF.value, left_one), else_=detail)
    if is_server(session):
        return detail.op("||")(func.jsonb_build_object("row", _row.line))
    return func.json_set(detail, "$.row", _row.line)


def _bar(session: Session, site: Site, ground: Ground, now: datetime) -> None:
    """Keep those who bounced or complained elsewhere from being written to; whom somebody let back in stays in."""
    columns = {
        "site_id": literal(site.id), "address_hash": _row.address_hash, "reason": _row.fate,
        "source": literal(f"import:{ground.source}"[:40]), "at": _at(now),
    }  # fmt: skip
    barred = select(*columns.values()).where(_row.word == Became.BARRED.value)
    _insert(session, Suppression, list(columns), barred)


def _at(now: datetime) -> ColumnElement[datetime]:
    return literal(now, _row.at.type)


def _insert(
    session: Session, model: type[Any], columns: list[str], rows: Select[Any], once: dict[str, Any] | None = None
) -> int:
    """Insert what is not there yet, by the unique key `once` (by any, where none is told); gives how many."""
    if not is_server(session):
        # SQLite reads "… FROM a JOIN b ON CONFLICT" as a join's condition, unless a WHERE stands between.
        rows = rows.where(literal(1) == 1)
    fresh = upsert(session, model.__table__).from_select(columns, rows)
    return affected(session, fresh.on_conflict_do_nothing(**(once or {})))
