"""A connection to PostgreSQL that rested is asked whether it is still there, one at work a moment ago is not."""

import pytest
from sqlalchemy import event, text

from notifier import db
from notifier.db import Database
from tests.postgresql import PostgreSQL


@pytest.fixture
def server(postgresql: PostgreSQL) -> Database:
    """A database on the server itself; nothing is written."""
    return Database(postgresql.url)


def ended(server: Database) -> None:
    """End every connection of the pool, as a restart of the server would."""
    with server.reading() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(server.url)
    with other.reading() as session:
        session.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})
    other.close()


def test_after_a_rest_a_connection_that_is_gone_is_replaced(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "RESTED_S", 0.0)
    ended(server)
    with server.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    server.close()


def test_one_that_just_worked_is_taken_as_it_is(server: Database) -> None:
    asked: list[str] = []
    with server.reading() as session:
        session.scalar(text("SELECT 1"))
    event.listen(server.engine, "checkout", lambda *_given: asked.append("checkout"))
    with server.reading() as session:
        before = session.scalar(text("SELECT pg_backend_pid()"))
    with server.reading() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == before
    assert asked == ["checkout"] * 2
    server.close()
