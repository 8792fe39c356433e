"""A connection to PostgreSQL that rested is asked whether it is still there, one at work a moment ago is not."""

import psycopg
import pytest
from sqlalchemy import event, make_url, text

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


def test_a_server_that_dies_without_a_word_is_missed_in_half_a_minute(server: Database) -> None:
    def asked(database: Database) -> str:
        with database.reading() as session:
            driver = session.connection().connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            return driver.info.get_parameters().get("tcp_user_timeout", "")

    assert asked(server) == "30000"
    named = Database(make_url(server.url).update_query_dict({"tcp_user_timeout": "5000"}).render_as_string(False))  # noqa: FBT003 - its own signature
    assert asked(named) == "5000"
    server.close()
    named.close()
