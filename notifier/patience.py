"""How long a statement may take: a page would sooner say less than have somebody wait."""

from psycopg.errors import QueryCanceled
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from notifier.db import is_server


def be_quick(session: Session, seconds: float) -> None:
    """Have PostgreSQL give up any statement of the rest of this transaction that takes longer; see `was_too_slow`.

    SQLite takes its time: it serves no site of a size at which this would matter.
    """
    if is_server(session):
        limit = f"{round(seconds * 1000)}ms"
        session.execute(select(func.set_config("statement_timeout", limit, True)))  # noqa: FBT003 - SET LOCAL, as a function


def was_too_slow(fault: DBAPIError) -> bool:
    """Whether a statement was given up for its time."""
    return isinstance(fault.orig, QueryCanceled)
