"""The schema's history ends where the models are, on both databases, and can be walked both ways."""

import ast
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import IntegrityError, OperationalError

from notifier import migrate
from notifier.db import Database
from notifier.domain.words import Frequency
from notifier.migrations.guard import guarded
from notifier.models import AuditEvent, Base, Site, Subscriber, Subscription, Topic

VERSIONS = sorted((Path(migrate.__file__).parent / "migrations" / "versions").glob("*.py"))
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def tables(db: Database) -> set[str]:
    return set(sa.inspect(db.engine).get_table_names())


def differences(db: Database) -> list[Any]:
    with db.reading() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, Base.metadata))


def indices(connection: sa.Connection) -> dict[str, tuple[str, str]]:
    """Of each partial index: its table and its condition, as this database words it."""
    query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'"
    if connection.dialect.name == "postgresql":
        query = "SELECT indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rows = connection.execute(sa.text(query))
    return {name: (table, text.split(" WHERE ")[1]) for name, table, text in rows if text and " WHERE " in text}


def site_with_a_subscription(db: Database) -> int:
    with db.writing() as session:
        site = Site(slug="s", name="s", sender_name="s", sender_address="s@example.org", pepper="p", created_at=NOW)
        session.add(site)
        session.flush()
        reader = Subscriber(
            site_id=site.id,
            address="r@example.org",
            address_key="r@example.org",
            address_hash="h",
            language="ar",
            time_zone="Asia/Baghdad",
            digest_hour=8,
            digest_weekday=5,
            created_at=NOW,
            changed_at=NOW,
        )
        topic = Topic(site_id=site.id, name="category:سياسة", label="سياسة")
        session.add_all([reader, topic])
        session.flush()
        session.add(Subscription(subscriber_id=reader.id, topic_id=topic.id, frequency=Frequency.DAILY, created_at=NOW))
        return reader.id


def test_a_migrated_database_is_what_the_models_say(db: Database) -> None:
    assert differences(db) == []


def test_a_missing_column_would_be_noticed(db: Database) -> None:
    with db.writing() as session:
        session.execute(sa.text("ALTER TABLE topics DROP COLUMN label"))
    assert [change[0] for change in differences(db)] == ["add_column"]


def test_an_empty_database_is_at_no_revision(empty_database_url: str) -> None:
    assert migrate.current(empty_database_url) is None
    assert not migrate.is_current(empty_database_url)


def test_upgrading_twice_is_upgrading_once(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    assert migrate.is_current(empty_database_url)
    assert migrate.current(empty_database_url) == migrate.head()
    with closing(Database(empty_database_url)) as db:
        site_with_a_subscription(db)
        migrate.upgrade(empty_database_url)
        with db.reading() as session:
            assert session.scalar(sa.select(sa.func.count(Subscription.id))) == 1


@pytest.mark.long
def test_the_way_down_leaves_nothing_and_the_way_up_works_again(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    migrate.downgrade(empty_database_url, "base")
    with closing(Database(empty_database_url)) as db:
        assert tables(db) == {"alembic_version"}
        assert migrate.current(empty_database_url) is None
        migrate.upgrade(empty_database_url)
        assert differences(db) == []


@pytest.mark.long
def test_many_may_upgrade_at_once(empty_database_url: str) -> None:
    faults: list[BaseException] = []

    def upgrade() -> None:
        try:
            migrate.upgrade(empty_database_url)
        except BaseException as fault:  # noqa: BLE001 - the main thread judges it
            faults.append(fault)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert migrate.is_current(empty_database_url)


def test_each_partial_index_is_there_with_its_condition(db: Database) -> None:
    wanted = {
        str(index.name): (table.name, str(index.dialect_options["sqlite"]["where"]))
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    with db.reading() as session:
        found = indices(session.connection())
    assert len(wanted) >= 5
    assert found.keys() == wanted.keys()
    for name, (table, condition) in wanted.items():
        assert found[name][0] == table
        assert words(found[name][1]) == words(condition)


def words(condition: str) -> str:
    """A condition without the parentheses and casts that PostgreSQL puts in."""
    for noise in ("(", ")", "::text", "::character varying"):
        condition = condition.replace(noise, "")
    return condition


def test_one_reader_has_one_active_subscription_to_a_topic(db: Database) -> None:
    site_with_a_subscription(db)
    again = sa.insert(Subscription).from_select(
        ["subscriber_id", "topic_id", "frequency", "created_at", "ended_reason"],
        sa.select(
            Subscription.subscriber_id,
            Subscription.topic_id,
            sa.literal("weekly"),
            Subscription.created_at,
            sa.literal(""),
        ),
    )
    with pytest.raises(IntegrityError), db.writing() as session:
        session.execute(again)
    with db.writing() as session:
        session.execute(sa.update(Subscription).values(ended_at=NOW))
        session.execute(again)


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_each_migration_is_guarded_first(path: Path) -> None:
    functions = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    for name in ("upgrade", "downgrade"):
        assert ast.unparse(functions[name].body[0]) == "guarded()"


def test_the_migrations_stand_in_one_line() -> None:
    assert [path.stem[:4] for path in VERSIONS] == [f"{number:04}" for number in range(1, len(VERSIONS) + 1)]
    assert migrate.head() == VERSIONS[-1].stem[:4]


def test_a_migration_never_imports_the_models() -> None:
    for path in VERSIONS:
        imported = {node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)}
        assert {name for name in imported if name and name.startswith("notifier")} == {"notifier.migrations.guard"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_guarded_migration_gives_up_on_a_locked_table(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.migrations.guard.LOCK_WAIT", "50ms")
    with db.writing() as reader:
        reader.execute(sa.text("LOCK TABLE topics"))
        with (
            db.engine.connect() as connection,
            connection.begin(),
            Operations.context(MigrationContext.configure(connection)),
        ):
            guarded()
            with pytest.raises(OperationalError, match="lock timeout"):
                connection.execute(sa.text("ALTER TABLE topics ADD COLUMN late text"))


def test_copying_a_table_keeps_the_rows_that_refer_to_it(db: Database) -> None:
    reader_id = site_with_a_subscription(db)
    with migrate.migrating(db.url) as configuration:
        context = MigrationContext.configure(configuration.attributes["connection"])
        with Operations.context(context) as operations, operations.batch_alter_table("subscribers") as table:
            table.alter_column("name", existing_type=sa.String(200), type_=sa.String(300))
    with db.reading() as session:
        kept = session.scalars(sa.select(Subscription.subscriber_id)).all()
    assert kept == [reader_id]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_migration_that_breaks_references_is_undone(db: Database) -> None:
    site_with_a_subscription(db)
    with pytest.raises(migrate.BrokenReferenceError, match="subscriptions"), migrate.migrating(db.url) as configuration:
        configuration.attributes["connection"].execute(sa.text("DELETE FROM subscribers"))
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Subscriber.id))) == 1


def noted(db: Database) -> None:
    with db.writing() as session:
        session.add(AuditEvent(actor="cli", action="site.added", at=NOW))


CHANGES = [
    "UPDATE audit_events SET actor = 'nobody'",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE 1 = 1",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_lets_nobody_change_the_log(db: Database, statement: str) -> None:
    noted(db)
    with pytest.raises(IntegrityError, match="audit_events is written once"), db.writing() as session:
        session.execute(sa.text(statement))
    noted(db)
    with db.reading() as session:
        assert session.scalars(sa.select(AuditEvent.actor)).all() == ["cli", "cli"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_empties_the_log_at_once(db: Database) -> None:
    noted(db)
    with pytest.raises(IntegrityError, match="TRUNCATE is refused"), db.writing() as session:
        session.execute(sa.text("TRUNCATE audit_events"))


def test_a_site_with_a_log_stays(db: Database) -> None:
    with db.writing() as session:
        site = Site(slug="s", name="s", sender_name="s", sender_address="s@example.org", pepper="p", created_at=NOW)
        session.add(site)
        session.flush()
        session.add(AuditEvent(site_id=site.id, actor="cli", action="site.added", at=NOW))
    with pytest.raises(IntegrityError), db.writing() as session:
        session.execute(sa.delete(Site))


def triggers(db: Database) -> dict[str, str]:
    """Every trigger of ours, as this database words it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    if db.engine.dialect.name == "postgresql":
        query = (
            "SELECT tgname, pg_get_triggerdef(t.oid) || pg_get_functiondef(tgfoid) FROM pg_trigger t "
            "WHERE NOT tgisinternal"
        )
    with db.reading() as session:
        return dict(session.execute(sa.text(query)).all())


def test_the_history_makes_the_triggers_that_the_models_make(empty_database_url: str) -> None:
    with closing(Database(empty_database_url)) as db:
        migrate.upgrade(db.url)
        by_history = triggers(db)
        migrate.downgrade(db.url, "base")
        assert triggers(db) == {}
        Base.metadata.create_all(db.engine)
        assert triggers(db) == by_history != {}
