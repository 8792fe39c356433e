"""A fresh, migrated database for each test within milliseconds, once on SQLite and once on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from notifier import migrate
from notifier.db import Database
from tests.postgresql import NoServerError, PostgreSQL, running

DIALECTS: Final = ("sqlite", "postgresql")
_ENGINES: Final[dict[str, Engine]] = {}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server; each process of the test run has its own (one starts in a second)."""
    try:
        with running() as server:
            yield server
    except NoServerError as fault:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the PostgreSQL leg cannot run: {fault}")
        pytest.skip(f"no PostgreSQL: {fault}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "notifier.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DIALECTS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create(is_migrated=False)
    yield url
    server.drop(url)


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, once on SQLite and once on PostgreSQL; for tests that start processes."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "notifier.db")
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database, once on SQLite and once on PostgreSQL."""
    database = Database(database_url)
    keep_statements_compiled(database.engine)
    yield database
    database.close()


def keep_statements_compiled(engine: Engine) -> None:
    """Let this engine find what others of its dialect have compiled: a process that lives on compiles nothing twice.

    SQLAlchemy's key to a compiled statement is the dialect itself.
    """
    first = _ENGINES.setdefault(engine.dialect.name, engine)
    if first is engine:
        engine.connect().close()  # The dialect learns from its first connection what the server can do.
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache  # noqa: SLF001 - it has no public name
