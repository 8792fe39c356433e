"""Rows set aside while a plan is made: what is dear to find is found once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import FromClause, Select
from sqlalchemy.orm import Session
from sqlalchemy.schema import DropTable

from notifier.db import allow_bulk


@contextmanager
def aside(session: Session, name: str, rows: Select[*tuple[Any, ...]]) -> Iterator[FromClause]:
    """These rows as a temporary table of this transaction, until the block ends or the transaction fails.

    Whoever uses a name again gives its columns the same types: the driver prepares statements on it, and they must fit.
    """
    allow_bulk(session)
    made = rows.into(name, temporary=True)
    session.execute(made)
    yield made.table
    session.execute(DropTable(made.table))
