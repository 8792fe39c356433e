"""`notifier demo` and `notifier run` as somebody's terminal, supervisor or power cut ends them."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from notifier.db import Database
from notifier.embedded.inbox import Inbox
from notifier.embedded.orphan import die_with_parent
from notifier.sites import NewSite, add_site
from tests.processes.works import ROOT
from tests.transports.post_office import free_port
from tests.workers.crew import until

END_S = 15.0
START_S = 60.0
"""On a busy machine; an idle one needs a tenth."""
MARK = "FAULTS_MARK"


@dataclass
class Terminal:
    """Starts commands and knows every process that came of them by a mark in its environment."""

    stack: ExitStack
    folder: Path
    mark: str

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command whose output goes to a file."""
        self.temporary.mkdir(exist_ok=True)
        plain = {name: value for name, value in os.environ.items() if not name.startswith("NOTIFIER_")}
        output = self.stack.enter_context((self.folder / "output").open("ab"))
        return subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "notifier", *words],
            cwd=ROOT,
            env={**plain, MARK: self.mark, "TMPDIR": str(self.temporary)},
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - two system calls
        )

    def family(self) -> list[psutil.Process]:
        """Every process that lives and came of these commands."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def has_letters(self) -> bool:
        """Whether the demo's inbox holds some."""
        paths = list(self.temporary.glob("notifier-demo-*/inbox.db"))
        if not paths:
            return False
        with closing(Inbox(paths[0])) as inbox:
            return inbox.count() > 0

    def wait_until_nothing_lives(self) -> None:
        until(lambda: not self.family(), "no process left", END_S)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with ExitStack() as stack:
        terminal = Terminal(stack, tmp_path, uuid4().hex)
        try:
            yield terminal
        finally:
            for process in terminal.family():
                with suppress(psutil.Error):
                    process.kill()


def check_end(terminal: Terminal, process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """It ends in time, says so, and leaves no process and no folder behind."""
    process.send_signal(how)
    assert process.wait(END_S) == 0, terminal.output
    assert terminal.family() == []
    assert list(terminal.temporary.iterdir()) == []
    assert "Traceback" not in terminal.output


@pytest.mark.slow
@pytest.mark.parametrize(("how", "processes"), [(signal.SIGINT, 2), (signal.SIGTERM, 3)])
def test_a_demo_interrupted_while_it_starts_leaves_nothing(
    terminal: Terminal, how: signal.Signals, processes: int
) -> None:
    demo = terminal.start("demo", "--port", str(free_port()))
    until(lambda: len(terminal.family()) >= processes, "children started", START_S)
    check_end(terminal, demo, how)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_interrupted_in_mid_story_leaves_nothing_and_says_which_port_it_took(
    terminal: Terminal, how: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = terminal.start("demo", "--port", str(port))
        until(terminal.has_letters, "the story has begun", START_S)
        until(lambda: "letters arrived" in terminal.output, "a file is told where to click, and what happens", START_S)
        assert "/qasab/subscribe" in terminal.output
        check_end(terminal, demo, how)
    assert re.search(rf"port {port} is taken: using \d+", terminal.output)


@pytest.mark.slow
def test_a_killed_run_takes_its_children_along_and_finds_its_data_again(terminal: Terminal, tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    words = ("run", "--data", str(data), "--port", str(port), "--concurrency", "1")
    first = terminal.start(*words)
    until(lambda: answers(port, "/health"), "it runs", START_S)
    with closing(Database(f"sqlite:///{data}/notifier.db")) as db, db.writing() as session:
        add_site(session, NewSite("naba", "صحيفة النبأ", "news@naba.example"), datetime.now(UTC))
    first.kill()
    first.wait()
    terminal.wait_until_nothing_lives()

    again = terminal.start(*words)
    until(lambda: answers(port, "/naba/subscribe"), "it runs again, with its data", START_S)
    rival = terminal.start(*words)
    assert rival.wait(END_S) == 1
    assert f"another notifier runs in {data}" in terminal.output
    check_end(terminal, again, signal.SIGTERM)


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
