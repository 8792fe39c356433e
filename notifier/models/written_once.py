"""Tables whose rows the database lets nobody change or take away, whoever asks, by a trigger of its own."""

from typing import Final

from sqlalchemy import DDL, Table, event
from sqlalchemy.orm import DeclarativeBase

TRIGGERS: Final[dict[str, dict[str, tuple[str, ...]]]] = {}
"""Table -> dialect -> the statements that make its triggers."""


def written_once(model: type[DeclarativeBase]) -> None:
    """Have the table's rows refused to UPDATE, DELETE and (PostgreSQL) TRUNCATE; the fault is an IntegrityError.

    The statements come with the table wherever the models make it; `migrations.write` puts them into the history.
    """
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(table)
    made = {"postgresql": _postgresql(table.name), "sqlite": _sqlite(table.name)}
    TRIGGERS[table.name] = made
    for dialect, statements in made.items():
        for one in statements:
            # DDL() fills in what stands behind a percent sign.
            event.listen(table, "after_create", DDL(one.replace("%", "%%")).execute_if(dialect=dialect))


def taken_down(table: str) -> dict[str, tuple[str, ...]]:
    """What must go after the table has gone: PostgreSQL's function stands on its own."""
    return {"postgresql": (f"DROP FUNCTION refuse_change_of_{table}()",), "sqlite": ()}


def _postgresql(table: str) -> tuple[str, ...]:
    # For each statement, not each row: so a TRUNCATE is heard too, and what would touch no row is refused as well.
    refuses = f"RAISE EXCEPTION '{table} is written once: % is refused', TG_OP USING ERRCODE = 'restrict_violation'"
    hears = f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    return (
        f"CREATE FUNCTION refuse_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuses}; END $$",
        f"{hears} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_{table}()",
    )


def _sqlite(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {table}_written_once_{act.lower()} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is written once: {act} is refused'); END"
        for act in ("UPDATE", "DELETE")
    )
