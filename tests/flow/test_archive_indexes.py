"""The archive is read by its keys however long it has become, and the sweep looks at what is new: in PostgreSQL."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, insert

from notifier import archive, assembly, migrate
from notifier.domain.words import ItemKind, LetterKind, State
from notifier.models import (
    Archived,
    ArchivedItem,
    ArchivedTopic,
    Delivery,
    Issue,
    Item,
    Letter,
    LetterItem,
    Tally,
    Topic,
)
from notifier.parts import Parts
from notifier.transports.memory import MemoryTransport
from notifier.web.app import create_app
from tests.postgresql import PostgreSQL
from tests.web.conftest import NOW, add_site, settings

LETTERS = 3_000
"""Of each of two sites, with two stories each, in one of three sections; one in a hundred is an issue."""
GROWING = {
    table.__tablename__ for table in (Archived, ArchivedItem, ArchivedTopic, Item, Delivery, Letter, LetterItem, Tally)
}
"""Not issues: there are some a week."""


class Long(NamedTuple):
    """An archive of some years."""

    parts: Parts
    client: TestClient


@pytest.fixture(scope="module")
def long(postgresql: PostgreSQL) -> Iterator[Long]:
    url = postgresql.create()
    migrate.upgrade(url)
    parts = replace(
        assembly.assemble(settings(database_url=url)), bell=lambda _nudges: None, transports={"smtp": MemoryTransport()}
    )
    for number, slug in enumerate(("naba", "other")):
        _fill(parts, add_site(parts, slug), number * LETTERS)
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        raw.exec_driver_sql("ANALYZE")
    with TestClient(create_app(parts, now=lambda: NOW)) as client:
        yield Long(parts, client)
    parts.db.close()
    postgresql.drop(url)


def _fill(parts: Parts, site: int, first: int) -> None:
    old = NOW - timedelta(days=900)
    numbers = range(first + 1, first + LETTERS + 1)
    stories = range(2 * first + 1, 2 * (first + LETTERS) + 1)
    dated = {"published_at": old, "received_at": old, "updated_at": old, "announced_at": old, "matched_at": old}
    kind_of = {n: LetterKind.ISSUE if n % 100 == 0 else LetterKind.ALERT for n in numbers}
    plain = {"site_id": site, "created_at": old}
    rows: dict[Any, list[dict[str, Any]]] = {
        Topic: [{"site_id": site, "name": f"category:s{n}", "label": f"s{n}"} for n in range(3)],
        Item: [
            {"id": n, "site_id": site, "kind": ItemKind.ARTICLE, "guid": f"g{n}", "content_hash": "", "title": f"t{n}",
             "summary": "word " * 20, "planned_count": 1, **dated}
            for n in stories
        ],
        Issue: [
            {**plain, "id": n, "title": f"t{n}", "language": "ar", "changed_at": old, "begun_at": old, "state": "sent"}
            for n in numbers if kind_of[n] is LetterKind.ISSUE
        ],
        Archived: [
            {"id": n, "site_id": site, "public_id": f"{n:032x}", "kind": kind_of[n], "about_id": n, "at": old,
             "filed_at": old, "data": {"issue_id": n, "subject": 0} if n in range(100, 2 * LETTERS, 100) else {}}
            for n in numbers
        ],
        ArchivedItem: [{"archived_id": (n + 1) // 2, "item_id": n, "position": n % 2} for n in stories],
        Tally: [
            {"site_id": site, "kind": kind_of[n], "about_id": n, "day": "2024-01-13", "entry": "sent", "count": 1}
            for n in numbers
        ],
        Letter: [
            {**plain, "id": n, "kind": kind_of[n], "language": "ar", "key": f"k{n}", "planned_count": 1}
            for n in numbers
        ],
        LetterItem: [{"letter_id": n, "item_id": 2 * n, "position": 0, "version": 1} for n in numbers],
        Delivery: [
            {**plain, "id": n, "letter_id": n, "kind": kind_of[n], "about_id": n, "lane": kind_of[n].lane,
             "state": State.SENT, "next_attempt_at": old, "expires_at": old}
            for n in numbers
        ],
    }  # fmt: skip
    with parts.db.writing() as session:
        for model, some in rows.items():
            session.execute(insert(model), some)
        sections = [3 * (first // LETTERS) + 1 + n for n in range(3)]
        places = [{"topic_id": sections[n % 3], "archived_id": n} for n in numbers]
        session.execute(insert(ArchivedTopic), places)


def read_through(long: Long, path: str) -> set[str]:
    """The growing tables that PostgreSQL would read from end to end for this page, or for filing."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(long.parts.db.engine, "before_cursor_execute", note)
    if path:
        assert long.client.get(path).status_code == 200
    else:
        with long.parts.db.writing() as session:
            assert archive.file_sent(session, NOW, 20) == 0
    event.remove(long.parts.db.engine, "before_cursor_execute", note)
    assert asked
    found = set[str]()
    with long.parts.db.reading() as session:
        raw = session.connection()
        for statement, given in asked:
            if statement.lstrip().upper().startswith("SELECT"):
                told = raw.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given).scalar_one()
                found |= set(_scanned(told[0]["Plan"]))
    return found & GROWING


def _scanned(step: Mapping[str, Any]) -> Iterator[str]:
    if step["Node Type"] == "Seq Scan":
        yield step["Relation Name"]
    for inner in step.get("Plans", ()):
        yield from _scanned(inner)


@pytest.mark.long
@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    "path",
    [
        "/naba/archive",
        "/naba/archive?before=1500",
        "/naba/archive/s1",
        "/naba/archive/s1?before=300",
        "/naba/archive.atom",
        "/naba/archive/s2.atom",
        f"/naba/letter/{7:032x}",
        "view",
        "",
    ],
)
def test_no_growing_table_is_read_from_end_to_end(long: Long, path: str) -> None:
    page = f"/v/{long.parts.signer.sign('v', 77)}" if path == "view" else path
    assert read_through(long, page) == set()


def test_what_would_be_read_from_end_to_end_is_seen(long: Long) -> None:
    with long.parts.db.reading() as session:
        told = session.connection().exec_driver_sql("EXPLAIN (FORMAT JSON) SELECT * FROM archived")
        assert set(_scanned(told.scalar_one()[0]["Plan"])) == {"archived"}
