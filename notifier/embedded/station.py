"""A whole notifier on one machine: Valkey, database, web, worker and beat in one process tree."""

import errno
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from notifier import migrate, settings
from notifier.embedded.folder import FolderError, owned
from notifier.embedded.tree import Job, Tree
from notifier.embedded.valkey import Place, Valkey
from notifier.processes import beat_argv, worker_argv

READY_S: Final = 30.0
PORTS_TRIED: Final = 100
BACKLOG: Final = 512
_POLL_S: Final = 0.05
_SECRET_MODE: Final = 0o600


class StationError(RuntimeError):
    """It did not come up; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, and where its data lives."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    concurrency: int = 2
    knobs: Mapping[str, str] = field(default_factory=dict)
    """Settings of the children, by their environment names; they win over the environment."""
    logs: Path | None = None
    """Where children log; None is this process's stderr."""


class Station:
    """Runs a plan until stopped; `env` is what its processes see."""

    def __init__(self, plan: Plan, say: Callable[[str], None] = print) -> None:
        self.plan = plan
        self._stack = ExitStack()
        # It listens from now on, so nobody else can take the port, and who asks early waits instead of failing.
        self._listener = self._stack.enter_context(listening(plan.host, plan.port))
        self.port = int(self._listener.getsockname()[1])
        if self.port != plan.port:
            say(f"port {plan.port} is taken: using {self.port}")
        self.env: dict[str, str] = {}
        self.tree = Tree(plan.logs)

    @property
    def url(self) -> str:
        """Where the web process answers."""
        host = "127.0.0.1" if self.plan.host in {"0.0.0.0", "::"} else self.plan.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    def prepare(self) -> Self:
        """Start Valkey, make the database current, and settle the environment; the processes come with `start`."""
        given = {**settings.environment(), **self.plan.knobs}
        try:
            self._stack.enter_context(owned(self.plan.data))
            self.env = self._environment(given)
        except FolderError as fault:
            raise StationError(str(fault)) from fault
        except OSError as fault:
            raise StationError(f"cannot work in the data folder {self.plan.data}: {fault.strerror}") from fault
        migrate.upgrade(self.env["NOTIFIER_DATABASE_URL"])
        self._tell_commands()
        return self

    def _tell_commands(self) -> None:
        """Leave the settings in the folder, so that `notifier --data DIR …` speaks to this site."""
        lines = [f"{name}={value}" for name, value in sorted(self.env.items()) if name.startswith("NOTIFIER_")]
        path = self.plan.data / settings.FOLDER_FILE
        path.touch(mode=_SECRET_MODE)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What is given, and where it is silent our own: the secret, the database, and a Valkey that now runs."""
        data = self.plan.data
        own: dict[str, str] = {}
        if "NOTIFIER_SECRET_KEY" not in given:
            own["NOTIFIER_SECRET_KEY"] = kept_secret(data / "secret-key")
        if "NOTIFIER_DATABASE_URL" not in given:
            own["NOTIFIER_DATABASE_URL"] = f"sqlite:///{(data / 'notifier.db').resolve()}"
        if "NOTIFIER_JOURNAL_FOLDER" not in given:
            own["NOTIFIER_JOURNAL_FOLDER"] = str((data / "journal").resolve())
        if "NOTIFIER_REDIS_URL" not in given:
            own["NOTIFIER_REDIS_URL"] = self._stack.enter_context(_valkey(data)).url
        if "NOTIFIER_BASE_URL" not in given:
            own["NOTIFIER_BASE_URL"] = self.url
        return {**given, **own}

    def start(self) -> None:
        """Start web, worker and beat, and wait until the web answers."""
        for job in self.jobs():
            self.tree.start(job)
        wait_for(f"{self.url}/health", self.tree)

    def jobs(self) -> list[Job]:
        """The children of the tree."""
        listener = self._listener.fileno()
        serve = [sys.executable, "-m", "notifier", "serve", "--listener", str(listener)]
        schedule = ["--schedule", str(self.plan.data / "beat-schedule")]
        jobs = [
            Job("worker", worker_argv(self.plan.concurrency), self.env),
            Job("web", serve, self.env, (listener,)),
            Job("beat", [*beat_argv(), *schedule], self.env),
        ]
        if takes_mail(self.env):
            jobs.append(Job("inbound", [sys.executable, "-m", "notifier", "inbound"], self.env))
        return jobs

    def stop(self) -> None:
        """End the processes, then Valkey."""
        self.tree.stop()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.stop()


def takes_mail(env: Mapping[str, str]) -> bool:
    """Whether these settings name a domain for answers, and a way for them to come in."""
    ways = ("NOTIFIER_INBOUND_LISTEN", "NOTIFIER_INBOUND_IMAP_URL")
    return bool(env.get("NOTIFIER_INBOUND_DOMAIN")) and any(env.get(way) for way in ways)


def kept_secret(path: Path) -> str:
    """The secret in this file, made (for the owner's eyes only) if it is not there yet."""
    if not path.exists():
        path.touch(mode=_SECRET_MODE)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def listening(host: str, wanted: int) -> socket.socket:
    """A socket that listens on `wanted` or, where that is taken, on the next port that is free.

    Raises StationError where a hundred ports are taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, wanted + PORTS_TRIED):
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise StationError(f"cannot listen on {host} port {port}: {fault.strerror}") from fault
    raise StationError(f"no free port on {host} from {wanted} to {wanted + PORTS_TRIED - 1}")


def _valkey(data: Path) -> Valkey:
    """Valkey with the data of this folder, on whatever port is free today."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    return Valkey.start_at(Place(data / "valkey", port, kept_secret(data / "valkey-password")))


def wait_for(url: str, tree: Tree, seconds: float = READY_S) -> None:
    """Wait until a URL answers. Raises StationError when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tree.watch()
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own http URL
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_POLL_S)
    raise StationError(f"{url} did not answer within {seconds:.0f} seconds")
