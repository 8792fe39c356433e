"""Make readers of the staged rows that were judged so, with the proof of their consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Select, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from notifier.consent.merging.judging import whose
from notifier.consent.merging.staging import incoming, purposes, tag_sets, topic_sets
from notifier.consent.merging.words import Became
from notifier.db import is_server, upsert
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import ConsentEvent, ImportFault, Site, Subscriber, SubscriberTag, Subscription, Suppression

_row: Final = incoming.c
_TAKEN: Final = (Became.NEW.value, Became.OPEN.value, Became.MORE.value)
_TOLD: Final = (Became.SUPPRESSED.value, Became.LEFT.value, Became.PENDING.value)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all the consent of a list rests on."""

    import_id: int
    source: str
    words: str
    frequency: Frequency


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
    new = _row.word == Became.NEW.value
    _insert(session, Subscriber, list(columns), select(*columns.values()).where(new))
    # Whoever signed up in this very moment is there already, and keeps what they chose.
    session.connection().execute(update(incoming).values(subscriber_id=whose(site.id)).where(new))


def _touch(session: Session, which: ColumnElement[bool], **values: datetime) -> None:
    theirs = select(_row.subscriber_id).where(which)
    session.connection().execute(update(Subscriber).where(Subscriber.id.in_(theirs)).values(**values))


def _subscribe(session: Session, ground: Ground, now: datetime) -> None:
    had = exists().where(
        Subscription.subscriber_id == _row.subscriber_id, Subscription.topic_id == topic_sets.c.topic_id
    )
    columns = {
        "subscriber_id": _row.subscriber_id, "topic_id": topic_sets.c.topic_id,
        "frequency": literal(ground.frequency, Subscription.__table__.c.frequency.type),
        "is_implicit": literal(False),  # noqa: FBT003 - a value
        "created_at": _at(now), "ended_reason": literal(""),
    }  # fmt: skip
    wanted = (
        select(*columns.values())
        .join(topic_sets, topic_sets.c.number == _row.topics)
        .where(_row.word.in_(_TAKEN), or_(_row.word == Became.NEW.value, ~had))
    )
    _insert(session, Subscription, list(columns), wanted)


def _prove(session: Session, site: Site, ground: Ground, now: datetime) -> None:
    """The time that the list tells, where it does; the import's own beside it."""
    taken, gone = _row.word.in_(_TAKEN), _row.word == Became.GONE.value
    for which, action in (
        (taken, ConsentAction.CONFIRMED),
        (gone, ConsentAction.UNSUBSCRIBED),
    ):
        columns = {
            "site_id": literal(site.id), "subscriber_id": _row.subscriber_id, "address_hash": _row.address_hash,
            "purpose": func.coalesce(purposes.c.purpose, ""),
            "action": literal(action, ConsentEvent.__table__.c.action.type), "at": func.coalesce(_row.at, _at(now)),
            "wording_hash": literal(""), "source": literal(ground.source[:40]), "ip": literal(""),
            "detail": _detail(session, ground, now),
        }  # fmt: skip
        rows = select(*columns.values()).outerjoin(purposes, purposes.c.number == _row.topics).where(which)
        _insert(session, ConsentEvent, list(columns), rows)


def _detail(session: Session, ground: Ground, now: datetime) -> ColumnElement[Any]:
    said = {"basis": ground.words, "import": ground.import_id, "imported_at": now.isoformat()}
    if is_server(session):
        return bindparam(None, said, postgresql.JSONB).op("||")(func.jsonb_build_object("row", _row.line))
    return func.json_set(bindparam(None, said, JSON), "$.row", _row.line)


def _bar(session: Session, site: Site, ground: Ground, now: datetime) -> None:
    """Keep those who bounced or complained elsewhere from being written to; whom somebody let back in stays in."""
    columns = {
        "site_id": literal(site.id), "address_hash": _row.address_hash, "reason": _row.fate,
        "source": literal(f"import:{ground.source}"[:40]), "at": _at(now),
    }  # fmt: skip
    barred = select(*columns.values()).where(_row.word == Became.BARRED.value)
    _insert(session, Suppression, list(columns), barred)


def _at(now: datetime) -> ColumnElement[datetime]:
    return literal(now, incoming.c.at.type)


def _insert(session: Session, model: type[Any], columns: list[str], rows: Select[Any]) -> None:
    if not is_server(session):
        # SQLite reads "… FROM a JOIN b ON CONFLICT" as a join's condition, unless a WHERE stands between.
        rows = rows.where(literal(1) == 1)
    session.connection().execute(upsert(session, model).from_select(columns, rows).on_conflict_do_nothing())
