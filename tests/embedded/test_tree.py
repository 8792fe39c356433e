"""The supervisor: whoever falls is started again, whoever does not listen is killed."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from notifier.embedded.tree import Job, Tree

STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


def until(condition: Callable[[], bool], tree: Tree) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end
        tree.watch()
        time.sleep(0.02)


@pytest.mark.long
def test_a_child_that_falls_is_started_again_with_whatever_it_left_behind_ended(tmp_path: Path) -> None:
    with Tree(tmp_path) as tree:
        tree.start(Job("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ))
        first = tree.pid("sleeper")
        psutil.Process(first).kill()
        until(lambda: tree.restarts() == 1, tree)
        assert tree.pid("sleeper") != first
        again = psutil.Process(tree.pid("sleeper"))
    assert not again.is_running()


def test_a_child_that_does_not_end_when_asked_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    with Tree(tmp_path) as tree:
        tree.start(Job("stubborn", [sys.executable, "-c", STUBBORN, str(deaf)], os.environ))
        until(deaf.exists, tree)
        process = psutil.Process(tree.pid("stubborn"))
        asked = time.monotonic()
        tree.stop(grace_s=0.5)
        assert 0.5 <= time.monotonic() - asked < 5
    assert not process.is_running()
