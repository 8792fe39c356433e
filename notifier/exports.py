"""The list of readers to take away: CSV or JSON lines, a page of readers in memory at a time."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.desk.searching import Search, is_suppressed
from notifier.domain.importing.rows import Fault
from notifier.domain.words import ConsentAction
from notifier.imports import rejected
from notifier.models import ConsentEvent, Import, Subscriber, SubscriberTag, Subscription, Tag, Topic
from notifier.parts import Parts

PAGE: Final = 2000
COLUMNS: Final = (
    "email", "name", "language", "time_zone", "status", "created_at", "confirmed_at", "topics", "tags",
    "consent_at", "consent_source", "consent_basis",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_BOM: Final = "\ufeff"
"""Spreadsheets take a list for UTF-8 by it."""


def as_csv(parts: Parts, site_id: int, search: Search, now: datetime) -> Iterator[str]:
    """CSV, some readers at a time; what a spreadsheet would take for a formula is a text in it."""
    yield _BOM + _lines([COLUMNS])
    for page in _pages(parts, site_id, search.where(site_id, now)):
        yield _lines([[_flat(row[name]) for name in COLUMNS] for row in page])


def as_json(parts: Parts, site_id: int, search: Search, now: datetime) -> Iterator[str]:
    """A JSON object a line."""
    for page in _pages(parts, site_id, search.where(site_id, now)):
        yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in page)


def faults_as_csv(parts: Parts, import_id: int) -> Iterator[str]:
    """The rows of an import that did not come in: line, reason, and the line as it was."""
    yield _BOM + _lines([("line", "reason", "row")])
    with parts.db.reading() as session:
        for one in rejected(session, import_id):
            yield _lines([(one.line, one.reason, plain(one.words))])


def plain(text: str) -> str:
    """A cell that no spreadsheet computes: an apostrophe stands before what would begin a formula (OWASP)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def bad(row: Import) -> int:
    """How many rows of an import are in its list of faults."""
    told = {"bad", "suppressed", "left", "pending", *(one.value for one in Fault)}
    return sum(number for word, number in row.counts.items() if word in told)


def _lines(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _flat(value: object) -> str:
    return plain("|".join(value) if isinstance(value, list) else str(value or ""))


def _pages(parts: Parts, site_id: int, which: Sequence[ColumnElement[bool]]) -> Iterator[list[dict[str, Any]]]:
    after = 0
    while True:
        # A page is a look of its own: nobody holds a transaction open while a slow browser takes a list away.
        with parts.db.reading() as session:
            readers = session.execute(
                select(Subscriber, is_suppressed(site_id))
                .where(*which, Subscriber.id > after)
                .order_by(Subscriber.id)
                .limit(PAGE)
            ).all()
            if not readers:
                return
            yield _told(session, [(one, barred) for one, barred in readers])
        after = readers[-1][0].id


def _told(session: Session, readers: Sequence[tuple[Subscriber, bool]]) -> list[dict[str, Any]]:
    ids = [one.id for one, _ in readers]
    topics, tags = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    active = select(Subscription.subscriber_id, Topic.name, Subscription.frequency).join(Topic)
    for reader, name, frequency in session.execute(
        active.where(among(session, Subscription.subscriber_id, ids), Subscription.ended_at.is_(None))
    ):
        topics[reader].append(f"{name}={frequency}")
    for reader, name in session.execute(
        select(SubscriberTag.subscriber_id, Tag.name).join(Tag).where(among(session, SubscriberTag.subscriber_id, ids))
    ):
        tags[reader].append(name)
    proofs = {
        one.subscriber_id: one
        for one in session.scalars(
            select(ConsentEvent)
            .where(among(session, ConsentEvent.subscriber_id, ids), ConsentEvent.action == ConsentAction.CONFIRMED)
            .order_by(ConsentEvent.id)
        )
    }
    return [_row(one, barred, topics[one.id], tags[one.id], proofs.get(one.id)) for one, barred in readers]


def _row(
    one: Subscriber, barred: bool, topics: list[str], tags: list[str], proof: ConsentEvent | None  # noqa: FBT001 - a fact of the row
) -> dict[str, Any]:  # fmt: skip
    status = "suppressed" if barred else "active" if one.confirmed_at else "pending"
    return {
        "email": one.address, "name": one.name, "language": one.language, "time_zone": one.time_zone,
        "status": status, "created_at": one.created_at.isoformat(),
        "confirmed_at": one.confirmed_at.isoformat() if one.confirmed_at else "", "topics": topics, "tags": tags,
        "consent_at": proof.at.isoformat() if proof else "", "consent_source": proof.source if proof else "",
        "consent_basis": str(proof.detail.get("basis", "")) if proof else "",
    }  # fmt: skip
