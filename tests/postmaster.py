"""A PostgreSQL server that goes away and comes back: what was started is started again, with its data."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from sqlalchemy import make_url

from notifier.embedded.orphan import die_with_parent

START_S: Final = 10.0


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


def plain(database_url: str) -> str:
    """The URL as psycopg takes it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def _until_it_answers(url: str) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(plain(url)).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
