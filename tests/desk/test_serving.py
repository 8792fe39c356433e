"""The web process as it is served for real: asked to stop, it waits for nobody who only watches."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from notifier import staff
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from tests.desk.conftest import PASSWORD, Desk
from tests.desk.test_desk_browser import waiting
from tests.processes.works import ROOT
from tests.world import SECRET

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
STARTS_S, ENDS_S = 30.0, 3.0


@contextmanager
def serving(database_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`notifier serve` on this port, killed at the end if it is still there."""
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "NOTIFIER_SECRET_KEY": SECRET, "NOTIFIER_DATABASE_URL": database_url,
        "NOTIFIER_BASE_URL": f"http://127.0.0.1:{port}", "NOTIFIER_REDIS_URL": "redis://127.0.0.1:9/0",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "notifier", "serve", "--port", str(port)], env=env, cwd=ROOT)  # noqa: S603 - our own command
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def watched(port: int, path: str, cookie: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """The stream, as soon as the server is there."""
    until = time.monotonic() + STARTS_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_S)
        try:
            connection.request("GET", path, headers={"Cookie": f"desk={cookie}"})
            return connection, connection.getresponse()
        except ConnectionRefusedError:
            connection.close()
            assert time.monotonic() < until
            time.sleep(0.1)


def test_sigterm_ends_it_within_three_seconds_though_a_browser_watches(desk: Desk) -> None:
    slug, parts, today = waiting(desk), desk.visit.parts, datetime.now(UTC)
    token = staff.invite(parts, "layla@naba.example", Role.OWNER, "ar", Actor("cli"), today)
    cookie = staff.accept(parts, token, "ليلى", PASSWORD, Browser("", "test"), today)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(parts.db.engine.url.render_as_string(hide_password=False), port) as process:
        connection, stream = watched(port, f"/desk/at/naba/deliveries/{slug}/progress", cookie or "")
        assert stream.status == 200
        assert stream.readline().startswith(b"data: ")
        began = time.monotonic()
        process.terminate()
        process.wait(ENDS_S)
        assert time.monotonic() - began < ENDS_S
        stream.close()
        connection.close()
