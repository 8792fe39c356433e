"""Engine and sessions: the same code on SQLite and PostgreSQL."""

import math
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, cast

import psycopg
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
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_WAIT_S: Final = 30
"""How long a statement waits for another's lock.

The URL may say otherwise: `?timeout=5` for SQLite, `?options=-clock_timeout=5s` for PostgreSQL.
"""
CONNECT_S: Final = 10
_ALIVE: Final = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""A server that dies without a word is missed in half a minute, not when the kernel gives up."""
RESTED_S: Final = 1.0
"""After so long a rest a connection is asked whether it is still there."""
_RESTS: Final = "notifier_rests_since"
BULK_MEMORY: Final = "64MB"
"""For one sort or hash of a planning transaction; a statement has a handful of them."""
_SQLITE_PASSES: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
)
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


class DatabaseUrlError(RuntimeError):
    """The database's URL cannot be understood; the message does not repeat it, for it may hold a password."""


class Database:
    """One engine, and the two ways into it. Raises DatabaseUrlError; it connects at first use."""

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


def is_server(session: Session) -> bool:
    """Whether this is PostgreSQL, not SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def upsert(session: Session, model: type[Any]) -> Any:  # noqa: ANN401 - the two dialects share no base class with on_conflict
    """An INSERT of the session's own dialect, which both know ON CONFLICT."""
    if is_server(session):
        return postgresql.insert(model)
    return sqlite.insert(model)


def queue_up(session: Session, name: str) -> None:
    """Wait for every other transaction that queued up under this name. On SQLite writers do so anyway."""
    if is_server(session):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def claim(session: Session, name: str) -> bool:
    """Whether nobody else has claimed this name: then it is ours until we end. SQLite has one writer anyway."""
    if not is_server(session):
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))))


def stand_by(session: Session, name: str) -> None:
    """Whoever queues up under this name waits for this transaction; those that stand by do not wait for each other."""
    if is_server(session):
        session.execute(select(func.pg_advisory_xact_lock_shared(func.hashtextextended(name, 0))))


def allow_bulk(session: Session) -> None:
    """Let the rest of this transaction sort and hash in memory, on several cores: for the few that touch millions."""
    if is_server(session):
        # Compiling pays for statements that compute; these move rows.
        for knob, value in (("work_mem", BULK_MEMORY), ("jit", "off"), ("max_parallel_workers_per_gather", "2")):
            session.execute(select(func.set_config(knob, value, True)))  # noqa: FBT003 - SET LOCAL, as a function


def look_up_only(session: Session) -> None:
    """Let the rest of this transaction look rows up in indexes, one by one: for a few thousand among millions.

    Otherwise PostgreSQL may read a whole table for them, or keep a plan that was good while the table was small.
    """
    if is_server(session):
        for way in ("hashjoin", "mergejoin", "seqscan"):
            session.execute(select(func.set_config(f"enable_{way}", "off", True)))  # noqa: FBT003 - SET LOCAL, as a function


def affected(session: Session, statement: Executable, given: Mapping[str, Any] | None = None) -> int:
    """Run a writing statement; gives how many rows it touched."""
    # Without the option psycopg's count of an INSERT … SELECT is lost on the way (-1).
    result = session.execute(statement, given, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount


def is_passing(fault: Exception) -> bool:
    """Whether the database is away, busy or full: the same may succeed later. False for a statement that is wrong."""
    if isinstance(fault, DBAPIError) and isinstance(fault.orig, sqlite3.Error):
        # The low byte is the kind; SQLite reports a missing table as an OperationalError too.
        return getattr(fault.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE_PASSES
    return isinstance(fault, OperationalError | InterfaceError | PoolTimeoutError)


def _engine(url: str) -> Engine:
    try:
        place = make_url(url)
        return _sqlite(place) if place.get_backend_name() == "sqlite" else _server(place)
    except ImportError as fault:
        raise DatabaseUrlError(f"there is no driver {fault.name}: write it as postgresql+psycopg://…") from fault
    except (ArgumentError, ValueError):
        # Not chained: the reason would repeat the URL.
        said = "write it as sqlite:///file.db or postgresql+psycopg://name:password@host/base"
        raise DatabaseUrlError(said) from None


def _server(url: URL) -> Engine:
    usual: dict[str, Any] = {"application_name": "notifier", "connect_timeout": CONNECT_S, **_ALIVE}
    given = {name: value for name, value in usual.items() if name not in url.query}
    engine = create_engine(url, hide_parameters=True, connect_args=given)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _ping_rested)
    if "lock_timeout" not in str(url.query.get("options", "")):
        event.listen(engine, "connect", _set_lock_timeout)
    return engine


def _note_rest(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_RESTS] = time.monotonic()


def _ping_rested(connection: DBAPIConnection, entry: ConnectionPoolEntry, _fairy: object) -> None:
    # As pool_pre_ping does, but for connections that were at work a moment ago: a server takes longer to restart.
    if time.monotonic() - entry.info.get(_RESTS, math.inf) > RESTED_S and not _answers(connection):
        raise InvalidatePoolError


def _answers(connection: DBAPIConnection) -> bool:
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except psycopg.Error:
        return False
    return True


def _sqlite(url: URL) -> Engine:
    # Parameters are hidden, for addresses must not reach a log by way of an error.
    # isolation_level None hands BEGIN to us; the driver's own is deferred.
    connect_args: dict[str, Any] = {"isolation_level": None}
    if "timeout" not in url.query:
        connect_args["timeout"] = LOCK_WAIT_S
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_lock_timeout(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # By a statement: poolers in front of the server refuse it among the options of a connection.
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
    cursor.close()
    connection.commit()


def _set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get("notifier_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {how}")
