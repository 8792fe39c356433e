"""Statements about many rows: their ids and texts are one parameter, however many there are.

A parameter for each would have to be written out, sent and read one by one, and every other number of them would be a
new statement to plan.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Select, Text, bindparam, func, literal_column, select
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.types import UserDefinedType

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


def looked_up(wanted: Select[Any]) -> ColumnElement[bool]:
    """Whether there is any of these, asked row by row of an index.

    PostgreSQL may answer EXISTS from a hash that it makes of a whole table.
    """
    return wanted.limit(1).scalar_subquery().is_not(None)


def among_those(session: Session, column: Any, which: Select[int]) -> ColumnElement[bool]:  # noqa: ANN401 - of any model
    """That a column is one of the few ids that `which` selects, found first.

    Joined to a large table instead, they would now and then have PostgreSQL read that one from end to end.
    """
    if not is_server(session):
        return cast("ColumnElement[bool]", column.in_(which))
    return cast("ColumnElement[bool]", column == func.any(func.array(which.scalar_subquery(), type_=BigInteger)))


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
