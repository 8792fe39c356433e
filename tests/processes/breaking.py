"""Ways to break what the processes stand on: a database that is locked, a server that dies and comes back."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import make_url

from notifier.embedded.orphan import die_with_parent
from tests.processes.works import ROOT, Works

START_S = 10.0


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


@dataclass(frozen=True)
class Postmaster:
    """How a PostgreSQL server was started."""

    argv: list[str]
    folder: str
    owner: dict[str, Any]

    @classmethod
    def stop(cls, url: str) -> "Postmaster":
        """Restart's first half: everybody is thrown out, and the port is closed."""
        with psycopg.connect(plain(url)) as connection:
            ((folder,),) = connection.execute("SHOW data_directory").fetchall()
        process = psutil.Process(int((Path(folder) / "postmaster.pid").read_text().split()[0]))
        owner = {"user": process.uids().real, "group": process.gids().real, "extra_groups": []}
        found = cls(process.cmdline(), str(Path(folder).parent), owner if os.geteuid() == 0 else {})
        process.send_signal(signal.SIGINT)
        process.wait(10)
        return found

    @contextmanager
    def again(self, url: str) -> Iterator[None]:
        """Restart's second half, until the block ends."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(self.argv, cwd=self.folder, preexec_fn=die_with_parent(), **quiet, **self.owner)  # type: ignore[call-overload]  # noqa: S603, PLW1509 - the server's own command line
        try:
            _until_it_answers(url)
            yield
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(10)


def _until_it_answers(url: str) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(plain(url)).close()
        except psycopg.OperationalError:
            assert time.monotonic() < end, "PostgreSQL did not come back"
            time.sleep(0.02)
        else:
            return


def is_sqlite(database_url: str) -> bool:
    return database_url.startswith("sqlite")


def plain(database_url: str) -> str:
    """The URL as psycopg takes it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
