"""Brings a database to the schema of this version, whatever version it is at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from notifier.db import Database

_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6E6F7469
_TRIES: Final = 100
_PAUSE_S: Final = 0.05


class BrokenReferenceError(RuntimeError):
    """A migration left rows that point at nothing; it was rolled back."""


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations up to `revision` that this database has not seen, all in one transaction.

    Several processes may call it at once: one works, the others wait and find nothing left to do.
    """
    with migrating(url) as configuration:
        command.upgrade(configuration, revision)


def downgrade(url: str, revision: str) -> None:
    """Undo the migrations above `revision` (`base` for all), in one transaction. What they added is lost."""
    with migrating(url) as configuration:
        command.downgrade(configuration, revision)


def current(url: str) -> str | None:
    """The revision this database is at; None before the first."""
    db = Database(url)
    try:
        with db.reading() as session:
            return MigrationContext.configure(session.connection()).get_current_revision()
    finally:
        db.close()


def is_current(url: str) -> bool:
    """Whether this database has the schema of this version."""
    return current(url) == head()


def head() -> str | None:
    """The newest revision that this version knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def config() -> Config:
    """Alembic's configuration, without a file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return configuration


@contextmanager
def migrating(url: str) -> Iterator[Config]:
    """A configuration whose connection is in a transaction that no other migration shares."""
    db = Database(url)
    try:
        with _connected(db) as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            if is_sqlite:
                _set_foreign_keys(connection, "OFF")
            with connection.begin():
                if not is_sqlite:
                    # However long another process migrates, this one waits; the migrations themselves do not.
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                configuration = config()
                configuration.attributes["connection"] = connection
                yield configuration
                if is_sqlite:
                    _check_references(connection)
    finally:
        db.close()


def _connected(db: Database) -> Connection:
    """A connection. Two that turn a new SQLite file to WAL collide whatever the busy timeout: the loser tries again."""
    for _ in range(_TRIES):
        try:
            return db.engine.connect()
        except OperationalError as fault:
            if "locked" not in str(fault):
                raise
            time.sleep(_PAUSE_S)
    return db.engine.connect()


def _set_foreign_keys(connection: Connection, how: str) -> None:
    """Set before the transaction, where SQLite takes it.

    It alters a table by copying it and dropping the old one, and with keys on that deletes every row that refers to it.
    """
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={how}")
    cursor.close()


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        message = f"table {broken[0]} refers to a missing row of {broken[2]}"
        raise BrokenReferenceError(message)
