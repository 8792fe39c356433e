"""Statements about many rows: their ids and texts are one parameter, however many there are.

A parameter for each would have to be written out, sent and read one by one, and every other number of them would be a
new statement to plan.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    Result,
    ScalarSelect,
    Select,
    String,
    Text,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, UserDefinedType

from notifier.db import is_server, upsert


class _Ids(UserDefinedType[str]):
    """An array of PostgreSQL's, written out: the driver takes longer over a list than over a text."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        return "BIGINT[]"


def told(session: Session, column: Any, texts: Mapping[int, str]) -> ColumnElement[str]:  # noqa: ANN401 - of any model
    """What these texts say for the id in a column: one parameter, however many there are."""
    if is_server(session):
        return bindparam(None, texts, postgresql.JSONB).op("->>", return_type=Text())(cast_to(column, Text))
    return func.json_extract(json.dumps(texts), func.printf('$."%d"', column), type_=Text)


def among(session: Session, column: Any, ids: Iterable[int]) -> ColumnElement[bool]:  # noqa: ANN401 - of any model
    """That a column is one of these ids: one parameter, however many there are, so that no statement is new."""
    listed = ",".join(map(str, ids))
    if is_server(session):
        return cast("ColumnElement[bool]", column == func.any(bindparam(None, f"{{{listed}}}", _Ids)))
    return cast("ColumnElement[bool]", column.in_(select(func.json_each(f"[{listed}]").table_valued("value").c.value)))


class _Listed(TypeDecorator[Iterable[object]]):
    """Numbers or texts, written out as one text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[object] | None, dialect: Dialect) -> str:  # noqa: ARG002 - its signature
        return json.dumps(list(value or ()))


class any_of(FunctionElement[bool]):  # noqa: N801 - reads as a function of SQL
    """That a column is one of those numbers, or texts, that are given under a name when the statement is executed.

    What is asked with every comment is built once: to build a statement takes SQLAlchemy longer than to have it run.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:  # noqa: ANN401 - of any model
        super().__init__(column, bindparam(name, type_=_Listed))


@compiles(any_of, "postgresql")
def _any_of(element: any_of, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - passed on
    column, listed = element.clauses
    array = f"SELECT json_array_elements_text(CAST({compiler.process(listed, **given)} AS JSON))"
    kind = compiler.dialect.type_compiler_instance.process(BigInteger() if _is_number(column) else Text())
    return f"{compiler.process(column, **given)} = ANY (CAST(ARRAY({array}) AS {kind}[]))"


@compiles(any_of, "sqlite")
def _any_of_sqlite(element: any_of, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - passed on
    column, listed = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 - both are compiled, nothing is quoted


def _is_number(column: ColumnElement[Any]) -> bool:
    return isinstance(column.type, Integer)


def looked_up(wanted: Select[Any]) -> ColumnElement[bool]:
    """Whether there is any of these, asked row by row of an index.

    PostgreSQL may answer EXISTS from a hash that it makes of a whole table.
    """
    return wanted.limit(1).scalar_subquery().is_not(None)


def unseen(site_id: int) -> ScalarSelect[int]:
    """A site that PostgreSQL does not look for in its statistics when it plans.

    They may know nothing of one that grows beside a large one; all its rows would then be read for each key.
    """
    return select(literal(site_id)).scalar_subquery()


def weigh(session: Session, *models: type[DeclarativeBase]) -> None:
    """Have PostgreSQL look at what tables hold now, after many rows came to one site; seconds, however large they are.

    By itself it would when a tenth of a table is new. Tables that somebody else is just looking at are left out.
    """
    if is_server(session):
        names = ", ".join(model.__tablename__ for model in models)
        session.connection().exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {names}")


class among_those(FunctionElement[bool]):  # noqa: N801 - reads as a function of SQL
    """That a column is one of the few ids that a statement selects, found first.

    Joined to a large table instead, they would now and then have PostgreSQL read that one from end to end.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, which: Select[int]) -> None:  # noqa: ANN401 - of any model
        super().__init__(column, which.scalar_subquery())


@compiles(among_those, "postgresql")
def _among_those(element: among_those, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - passed on
    column, which = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} = ANY (ARRAY{which})"


@compiles(among_those, "sqlite")
def _among_those_sqlite(element: among_those, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - passed on
    column, which = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} IN {which}"


class DomainOf(FunctionElement[str]):
    """The domain of an address key."""

    type = String()
    inherit_cache = True


@compiles(DomainOf, "postgresql")
def _domain_of(element: DomainOf, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - passed on
    return f"split_part({compiler.process(element.clauses, **given)}, '@', 2)"


@compiles(DomainOf, "sqlite")
def _domain_of_sqlite(element: DomainOf, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - passed on
    key = compiler.process(element.clauses, **given)
    return f"substr({key}, instr({key}, '@') + 1)"


def picked(session: Session, model: type[Any], which: Select[int]) -> ColumnElement[bool]:
    """The rows of a table whose ids `which` selects and locks, in the same statement.

    PostgreSQL finds them by where they lie, not by looking each up again in the index.
    """
    if not is_server(session):
        return cast("ColumnElement[bool]", model.id.in_(which))
    place = literal_column(f"{model.__tablename__}.ctid", Text)
    where = which.with_only_columns(place).correlate(None)
    return place == func.any(func.array(where.scalar_subquery(), type_=Text))


def add_numbers(session: Session, model: type[Any], rows: Sequence[Mapping[str, int]]) -> None:
    """Insert rows of whole numbers that are not there yet: a parameter a column, however many rows there are."""
    if not rows:
        return
    new = upsert(session, model).on_conflict_do_nothing()
    if not is_server(session):
        session.execute(new, list(rows))
        return
    columns = list(rows[0])
    lists = [bindparam(None, f"{{{','.join(str(row[name]) for row in rows)}}}", _Ids) for name in columns]
    new = upsert(session, model).from_select(columns, select(*(func.unnest(one) for one in lists)))
    session.execute(new.on_conflict_do_nothing())


def add_named(
    session: Session, model: type[DeclarativeBase], name: str, rows: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Insert a site's rows whose name, the column so called, is not there yet; gives name -> id of those inserted.

    All of them are one parameter, and all have the same columns.
    """
    if is_server(session):
        told = json.dumps(rows, default=datetime.isoformat)
        # By the connection: the session would take the parameter for a row.
        made: Result[str, int] = session.connection().execute(_add_named(model, name, tuple(rows[0])), {"rows": told})
    else:
        new = sqlite.insert(model).on_conflict_do_nothing(index_elements=["site_id", name])
        there = model.__table__.c
        # Nulls spelt out: rows of other columns would be other statements.
        nulls = {"render_nulls": True}
        made = session.execute(new.returning(there[name], there.id), list(rows), execution_options=nulls)
    return dict(made.all())


@cache
def _add_named(model: type[DeclarativeBase], name: str, columns: tuple[str, ...]) -> ReturningInsert[str, int]:
    there = model.__table__.c
    types = (column(one, there[one].type) for one in columns)
    told = func.json_to_recordset(cast_to(bindparam("rows", type_=Text), JSON)).table_valued(*types)
    told = told.render_derived("told", with_types=True)
    new = postgresql.insert(model).from_select(columns, select(*(told.c[one] for one in columns)))
    return new.on_conflict_do_nothing(index_elements=["site_id", name]).returning(there[name], there.id)
