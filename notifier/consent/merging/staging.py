"""Rows of a list on their way in: a temporary table, filled by COPY where there is one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, delete, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from notifier.db import Moment, allow_bulk, is_server, look_up_only

_OURS: Final = MetaData()
_C: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
incoming: Final = Table(
    "incoming", _OURS,
    Column("line", BigInteger), Column("address", Text), Column("address_key", _C), Column("address_hash", String(64)),
    Column("name", Text), Column("language", Text), Column("fate", Text), Column("at", Moment()),
    Column("topics", Integer), Column("tags", Integer),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""`topics` and `tags` are numbers of sets: a list has few different ones."""
judged: Final = Table(
    "incoming_judged", _OURS,
    *(Column(column.name, column.type) for column in incoming.columns),
    Column("subscriber_id", BigInteger), Column("word", Text),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""The same rows once they are judged: written a second time, for changing a row where it stands costs more."""
topic_sets: Final = Table(
    "incoming_topics",
    _OURS,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("topic_id", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)
tag_sets: Final = Table(
    "incoming_tags",
    _OURS,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("tag_id", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)
purposes: Final = Table(
    "incoming_purposes",
    _OURS,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("purpose", Text),
    prefixes=["TEMPORARY"],
)
_TABLES: Final = (incoming, judged, topic_sets, tag_sets, purposes)
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " "})


class Row(NamedTuple):
    """One row, in the order of the table's columns."""

    line: int
    address: str
    key: str
    hashed: str
    name: str
    language: str
    fate: str
    at: datetime | None
    topics: int
    tags: int


@dataclass(slots=True)
class Staged:
    """Some rows, no address twice, and what their sets of topics and tags are."""

    rows: list[Row] = field(default_factory=list)
    topics: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """Set -> ids of topics."""
    purposes: dict[int, str] = field(default_factory=dict)
    """Set -> names of topics, a line each."""
    tags: Mapping[int, Sequence[int]] = field(default_factory=dict)

    @property
    def names(self) -> dict[int, list[str]]:
        """Set -> names of topics."""
        return {number: words.split("\n") for number, words in self.purposes.items() if words}


def stage(session: Session, staged: Staged) -> None:
    """Bring rows into the session's temporary tables, in place of those before."""
    allow_bulk(session)
    _empty(session)
    # In the order of the widest indexes, those by hash: pages that are near each other are changed together. And in
    # one order whoever brings them, so that two lists wait for each other and not in a circle.
    rows = sorted(staged.rows, key=lambda row: row.hashed)
    if is_server(session):
        look_up_only(session)
        _copy(session, rows)
    else:
        columns = [column.name for column in incoming.columns]
        _fill(session, incoming, [dict(zip(columns, row, strict=True)) for row in rows])
    _fill(session, topic_sets, [{"number": n, "topic_id": one} for n, ids in staged.topics.items() for one in ids])
    _fill(session, tag_sets, [{"number": n, "tag_id": one} for n, ids in staged.tags.items() for one in ids])
    _fill(
        session,
        purposes,
        [{"number": n, "purpose": words.replace("\n", ",")[:600]} for n, words in staged.purposes.items()],
    )


def _empty(session: Session) -> None:
    """Temporary tables are the connection's, which others may use after us."""
    connection = session.connection()
    for table in _TABLES:
        connection.execute(CreateTable(table, if_not_exists=True))
    if is_server(session):
        # Deleted rows would stay where they are: nobody tidies a temporary table up.
        connection.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in _TABLES)}")
        return
    for table in _TABLES:
        connection.execute(delete(table))


def _fill(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(table), rows)


def _copy(session: Session, rows: Iterable[Row]) -> None:
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        copy.write("".join(map(_line, rows)))


def _line(row: Row) -> str:
    line, address, key, hashed, name, language, fate, at, topics, tags = row
    if "\\" in name or not name.isprintable():
        name = name.translate(_ESCAPES)
    when = at.isoformat() if at else "\\N"
    return f"{line}\t{address}\t{key}\t{hashed}\t{name}\t{language}\t{fate}\t{when}\t{topics}\t{tags}\n"
