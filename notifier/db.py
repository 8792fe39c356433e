"""Engine and sessions: the same code on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_WAIT_S: Final = 30
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A point in time: always aware, always UTC; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring an aware datetime to UTC. Raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: every moment carries its zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC datetime, whatever the database kept."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One engine, and the two ways into it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only; nothing it does is kept."""
        with self.engine.connect() as raw:
            connection = raw.execution_options(notifier_begin="DEFERRED")
            with Session(connection, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def writing(self, *, is_snapshot: bool = False) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises.

        On SQLite it begins IMMEDIATE: a deferred one meets "database is locked" at its first write.
        `is_snapshot`: every statement sees the database of the same moment (always so on SQLite).
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if is_snapshot and self.engine.dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def upsert(session: Session, model: type[Any]) -> Any:  # noqa: ANN401 - the two dialects share no base class with on_conflict
    """An INSERT of the session's own dialect, which both know ON CONFLICT."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model)
    return sqlite.insert(model)


def affected(session: Session, statement: Executable) -> int:
    """Run a writing statement; gives how many rows it touched."""
    # Without the option psycopg's count of an INSERT … SELECT is lost on the way (-1).
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args={"application_name": "notifier"})
    # Parameters are hidden, for addresses must not reach a log by way of an error.
    # isolation_level None hands BEGIN to us; the driver's own is deferred.
    connect_args = {"timeout": LOCK_WAIT_S, "isolation_level": None}
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={LOCK_WAIT_S * 1000}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get("notifier_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {how}")
