"""What a command says when the database is away, locked, or not migrated yet."""

import sqlite3

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError, SQLAlchemyError

from notifier import migrate, settings
from notifier.cli.words import FAILED, refuse
from notifier.db import DatabaseUrlError, is_passing

_KNOB = "NOTIFIER_DATABASE_URL"
_UNMIGRATED = "the database has no tables of ours: run `notifier migrate`"


def check(url: str) -> None:
    """Refuse to start on a database that was never migrated; one that cannot be reached raises by itself."""
    if migrate.current(url) is None:
        refuse(f"{_UNMIGRATED} ({_place()})", FAILED)


def explained(fault: SQLAlchemyError | DatabaseUrlError) -> str | None:
    """A sentence for a fault that whoever runs the command can mend; None for a fault of the code."""
    if isinstance(fault, DatabaseUrlError):
        return f"{_KNOB} is not understood: {fault}"
    if _lacks_a_table(fault):
        return f"{_UNMIGRATED} ({_place()})"
    if not is_passing(fault):
        return None
    said = str(getattr(fault, "orig", fault)).strip().partition("\n")[0]
    if "locked" in said or "lock timeout" in said:
        return f"the database is locked by another process; nothing was changed, try again ({_place()})"
    return f"cannot reach the database ({_place()}): {said}"


def _lacks_a_table(fault: SQLAlchemyError) -> bool:
    if not isinstance(fault, DBAPIError):
        return False
    if isinstance(fault.orig, sqlite3.Error):
        return "no such table" in str(fault.orig)
    return isinstance(fault, ProgrammingError) and getattr(fault.orig, "sqlstate", "") == "42P01"


def _place() -> str:
    """The URL without its password, and without its query, which may hold one too."""
    url = settings.environment().get(_KNOB)
    return f"{_KNOB}={make_url(url).set(query={}).render_as_string()}" if url else f"{_KNOB} is not set"
