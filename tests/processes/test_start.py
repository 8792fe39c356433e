"""What a command says when it cannot start: one sentence that names the knob, no traceback, exit code 1."""

import logging
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from notifier import cli
from notifier.db import Database, DatabaseUrlError
from notifier.embedded.folder import owned
from tests.cli.test_commands import forget
from tests.processes.works import ROOT
from tests.transports.post_office import free_port
from tests.world import SECRET

KNOB = "NOTIFIER_DATABASE_URL"
PASSWORD = "opensesame"
Say = Callable[..., str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Say:
    """Runs a command that must fail in one sentence, which it gives."""
    handlers = logging.getLogger().handlers[:]

    def run(url: str, *words: str) -> str:
        monkeypatch.setenv("NOTIFIER_SECRET_KEY", SECRET)
        monkeypatch.setenv(KNOB, url)
        monkeypatch.delenv("NOTIFIER_REDIS_URL", raising=False)
        monkeypatch.setattr("sys.argv", ["notifier", *words])
        forget()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        forget()
        # The command logs to the stderr of this test, which ends with it.
        logging.getLogger().handlers[:] = handlers
        found = capfd.readouterr()
        assert (ended.value.code, found.out) == (1, "")
        assert found.err.count("\n") == 1, found.err
        assert PASSWORD not in found.err
        return found.err

    return run


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "status"])
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            f"postgresql+psycopg://layla:{PASSWORD}@127.0.0.1:9/news?password={PASSWORD}",
            f"{KNOB}=postgresql+psycopg://layla:***@127.0.0.1:9/news",
        ),
        ("sqlite:////nowhere/at/all/news.db", f"{KNOB}=sqlite:////nowhere/at/all/news.db"),
    ],
)
def test_an_unreachable_database_is_named_without_its_password(said: Say, url: str, shown: str, command: str) -> None:
    sentence = said(url, command)
    assert "cannot reach the database" in sentence
    assert shown in sentence


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        f"layla:{PASSWORD}@host/news",
        f"postgresql+psycopg://layla:{PASSWORD}@host:port/news",
        f"mysql://layla:{PASSWORD}@host/news",
        f"oracle+nothing://layla:{PASSWORD}@host/news",
    ],
)
def test_a_malformed_url_is_said_to_be_one_and_not_repeated(said: Say, url: str, command: str) -> None:
    sentence = said(url, command)
    assert f"{KNOB} is not understood" in sentence
    assert "postgresql+psycopg://" in sentence


def test_a_malformed_url_is_not_in_the_error_either() -> None:
    with pytest.raises(DatabaseUrlError) as fault:
        Database(f"layla:{PASSWORD}@host/news")
    assert PASSWORD not in str(fault.value)
    assert fault.value.__cause__ is None


@pytest.mark.parametrize("words", [["serve"], ["worker"], ["status"], ["item", "add", "-"]])
def test_a_database_that_was_never_migrated_is_said_to_be_so(
    said: Say, empty_database_url: str, words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "item.json").write_text('{"kind": "article", "guid": "1"}')
    with (tmp_path / "item.json").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert "run `notifier migrate`" in said(empty_database_url, *words)


def test_a_server_waits_for_a_lock_no_longer_than_the_url_or_we_say(database_url: str) -> None:
    question = "PRAGMA busy_timeout" if database_url.startswith("sqlite") else "SHOW lock_timeout"
    shorter = f"{database_url}?{'timeout=2' if database_url.startswith('sqlite') else 'options=-clock_timeout=2s'}"
    answers = []
    for url in (database_url, shorter):
        with closing(Database(url)) as db, db.reading() as session:
            answers.append(str(session.connection().exec_driver_sql(question).scalar()))
    assert answers in (["30000", "2000"], ["30s", "2s"])


@pytest.mark.parametrize("place", ["taken", "taken/below", "/proc/none"])
def test_a_data_folder_that_cannot_be_made_is_said_to_be_so(said: Say, tmp_path: Path, place: str) -> None:
    (tmp_path / "taken").touch()
    sentence = said("", "run", "--data", str(tmp_path / place), "--port", str(free_port()))
    assert f"cannot work in the data folder {tmp_path / place}" in sentence


def test_a_data_folder_whose_files_cannot_be_read_is_said_to_be_so(said: Say, tmp_path: Path) -> None:
    (tmp_path / "valkey-password").mkdir()
    assert "cannot work in the data folder" in said("", "run", "--data", str(tmp_path), "--port", str(free_port()))


def test_a_data_folder_has_one_notifier_at_a_time(said: Say, tmp_path: Path) -> None:
    with owned(tmp_path):
        sentence = said("", "run", "--data", str(tmp_path), "--port", str(free_port()))
        assert f"another notifier runs in {tmp_path}" in sentence
    with owned(tmp_path):
        pass


@pytest.mark.long
def test_a_wrong_url_is_one_sentence_for_a_real_process_too() -> None:
    env = {"PATH": "", "NOTIFIER_SECRET_KEY": SECRET, KNOB: f"postgresql+psycopg://a:{PASSWORD}@127.0.0.1:9/b"}
    ended = subprocess.run(
        [sys.executable, "-m", "notifier", "serve"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: cannot reach the database")
    assert ended.stderr.count("\n") == 1
