"""Ways to break what the processes stand on: a database that is locked, a server that dies and comes back."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from sqlalchemy import make_url

from notifier.embedded.orphan import die_with_parent
from tests.postmaster import plain
from tests.processes.works import ROOT, Works


def impatient(database_url: str) -> str:
    """The same database, whose locks are waited for a third of a second only."""
    return f"{database_url}?{'timeout=0.3' if is_sqlite(database_url) else 'options=-clock_timeout=300'}"


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Somebody else writes and does not come to an end."""
    if is_sqlite(database_url):
        with closing(sqlite3.connect(str(make_url(database_url).database), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.rollback()
        return
    with closing(psycopg.connect(plain(database_url))) as connection:
        connection.execute("LOCK TABLE items, deliveries IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


@contextmanager
def mail_server(works: Works) -> Iterator[None]:
    """The inbox's server as a process, which is killed at the end."""
    argv = [sys.executable, "-m", "tests.processes.mail_server", str(works.inbox.path), str(works.server.port)]
    server = subprocess.Popen(argv, cwd=ROOT, env=works.env, preexec_fn=die_with_parent())  # noqa: S603, PLW1509 - our own command; two system calls
    try:
        yield
    finally:
        server.kill()
        server.wait()


def is_sqlite(database_url: str) -> bool:
    return database_url.startswith("sqlite")
