"""A MariaDB of the tests' own, on a socket, where Debian's package is installed; else a skip with the reason."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from sqlalchemy.engine import URL

from notifier.embedded.orphan import die_with_parent

START_S: Final = 60.0
STOP_S: Final = 20.0
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@contextmanager
def running() -> Iterator[URL]:
    """The address of an empty server, as its owner; no port is opened."""
    server, install = shutil.which("mariadbd", path=_PATH), shutil.which("mariadb-install-db", path=_PATH)
    if server is None or install is None:
        pytest.skip("no MariaDB here (on Debian and Ubuntu: apt install mariadb-server)")
    # Not pytest's own folder: the name of a socket may have about a hundred letters.
    with TemporaryDirectory(prefix="mariadb-") as name:
        folder, user = Path(name), getpass.getuser()
        common = ("--no-defaults", f"--datadir={folder}/data", f"--user={user}")
        made = subprocess.run(  # noqa: S603 - the system's own program
            [install, *common, "--auth-root-authentication-method=socket", "--skip-test-db"],
            capture_output=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        with (folder / "log").open("wb") as log:
            process = _start([server, *common, "--skip-networking", f"--socket={folder}/s"], log.fileno())
            url = URL.create("mysql+pymysql", user, database="mysql", query={"unix_socket": f"{folder}/s"})
            try:
                _until_it_answers(folder / "s", process, folder / "log")
                yield url
            finally:
                _stop(process)


def _start(argv: list[str], log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the system's own program
        argv,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - two system calls
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            continue
        return


def _until_it_answers(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        # The server listens once it is ready. The driver would leave each socket that failed to the collector.
        with socket.socket(socket.AF_UNIX) as knock:
            if knock.connect_ex(str(path)) == 0:
                return
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < end, log.read_text(errors="replace")[-3000:]
        time.sleep(0.1)
