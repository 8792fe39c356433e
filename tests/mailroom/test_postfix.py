"""A round trip through Debian's Postfix: our letter to an address that does not exist comes back by LMTP."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.db import Database
from notifier.domain.words import Frequency, Reason, State
from notifier.mailroom.lmtp import LmtpServer
from notifier.models import Delivery, Subscriber, Suppression
from notifier.transports.account import SmtpAccount
from notifier.transports.smtp import SmtpTransport
from tests.transports.post_office import free_port
from tests.world import World, make_world

BOUNCES = "bounce.rafidain.example"
POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin")
WAIT_S = 30.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(POSTFIX is None or os.geteuid() != 0, reason="needs Debian's postfix, and root to start it"),
]
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
local unix - n n - - local
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = /
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
myhostname = mx.news.example
mydestination = example.org
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
alias_database =
relay_domains = {bounces}
transport_maps = inline:{{ {bounces}=lmtp:inet:127.0.0.1:{lmtp}, huda@example.org=discard: }}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = none
lmtp_tls_security_level = none
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not below pytest's own folder: Postfix's processes are other users and must find it.
    place = Path("/tmp") / f"notifier-postfix-{os.getpid()}-{time.monotonic_ns()}"  # noqa: S108 - removed below
    place.mkdir(mode=0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def started(folder: Path, lmtp: int) -> int:
    """Start a Postfix of our own; gives its port."""
    port = free_port()
    for name in ("conf", "queue", "data"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder=folder, bounces=BOUNCES, lmtp=lmtp))
    (folder / "conf" / "master.cf").write_text(MASTER.format(port=port))
    told = postfix(folder, "start")
    assert told.returncode == 0, told.stderr
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


def postfix(folder: Path, verb: str) -> "subprocess.CompletedProcess[str]":
    """Debian's own program, on our own configuration."""
    command = [str(POSTFIX), "-c", str(folder / "conf"), verb]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - see above


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return make_world(db, tmp_path / "journal").with_settings(bounce_domain=BOUNCES)


def test_a_letter_to_nobody_comes_back_and_suppresses_exactly_that_address(world: World, folder: Path) -> None:
    for name in ("nobody-here", "huda"):
        world.reader(f"{name}@example.org", frequency=Frequency.INSTANT)
    with LmtpServer(world.parts, "127.0.0.1:0", world.clock) as server:
        try:
            smtp = SmtpTransport(SmtpAccount("127.0.0.1", started(folder, server.port), helo="mail.rafidain.example"))
            world.parts = replace(world.parts, transports={"smtp": smtp})
            world.article("1")
            world.work()
            smtp.close()
            assert world.balance().sent == 4, "Postfix took both alerts"
            until_it_came_back(world, folder)
        finally:
            postfix(folder, "stop")
    with world.parts.db.reading() as session:
        suppressed = session.scalars(select(Suppression.address_hash)).all()
        reader = session.scalars(select(Subscriber).where(Subscriber.address == "nobody-here@example.org")).one()
        states = dict(
            session.execute(select(Delivery.subscriber_id, Delivery.reason).where(Delivery.kind == "alert")).all()
        )
    assert suppressed == [reader.address_hash]
    assert states.pop(reader.id) is Reason.BOUNCED
    assert list(states.values()) == [None]
    assert world.balance().failed == 1


def until_it_came_back(world: World, folder: Path) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        with world.parts.db.reading() as session:
            if session.scalar(select(Delivery.id).where(Delivery.state == State.FAILED)):
                return
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text())
