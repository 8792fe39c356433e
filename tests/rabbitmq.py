"""A RabbitMQ of the tests' own on loopback, where Debian's package is installed; else a skip with the reason."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from kombu import Connection
from kombu.exceptions import KombuError

from notifier.embedded.orphan import die_with_parent

# Not the wrapper of the same name in /usr/sbin: that one becomes another user, in a folder of the system's.
SCRIPT: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_S: Final = 90.0
STOP_S: Final = 15.0


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a broker with an empty folder, a name and ports of its own."""
    epmd = shutil.which("epmd")
    if epmd is None or not SCRIPT.exists():
        pytest.skip("no RabbitMQ here (on Debian and Ubuntu: apt install rabbitmq-server)")
    port, distribution, names = _free_ports(3)
    env = _environment(folder, port, distribution, names)
    with (folder / "log").open("wb") as log:
        # Erlang would start this one itself, as a daemon that outlives us.
        registry = _start([epmd, "-address", "127.0.0.1", "-port", str(names)], env, log.fileno())
        broker = _start([str(SCRIPT)], env, log.fileno())
        try:
            url = f"amqp://guest:guest@127.0.0.1:{port}//"
            _until_it_answers(url, broker, folder / "log")
            yield url
        finally:
            _stop(broker)
            _stop(registry)


def _environment(folder: Path, port: int, distribution: int, names: int) -> dict[str, str]:
    plugins, config = folder / "enabled_plugins", folder / "rabbitmq.conf"
    plugins.write_text("[].\n")
    config.write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = true\nlog.file = false\n")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": f"notifier{uuid4().hex[:8]}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # Two busy loops a core would only wake the others.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
    }


def _start(argv: list[str], env: dict[str, str], log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the system's own programs
        argv,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - two system calls
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The whole group: the broker's script has children of its own."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                continue
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _until_it_answers(url: str, broker: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            with Connection(url, connect_timeout=1) as connection:
                connection.ensure_connection(max_retries=0)
        except (OSError, KombuError):
            assert broker.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < end, log.read_text(errors="replace")[-3000:]
            time.sleep(0.2)
        else:
            return


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
