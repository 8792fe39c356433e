"""The journal: what was accepted is known to whoever comes later, whatever happened to who noted it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from notifier.embedded.valkey import Valkey
from notifier.journal import Journal
from notifier.journal.folder import Folder
from notifier.journal.in_redis import InRedis

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "journal")


@pytest.fixture
def journal(folder: Folder, empty_redis_url: str) -> Iterator[Journal]:
    journal = Journal(folder, InRedis(empty_redis_url, 3600))
    yield journal
    journal.close()


def test_what_is_noted_is_read_by_another(journal: Journal, folder: Folder, empty_redis_url: str) -> None:
    with journal.page() as page:
        assert page.note([7, 8])
        assert page.note([])
        assert page.note([9])
        assert Journal(folder).read(page.token) == {7, 8, 9}
        assert Journal(Folder(Path("/nowhere")), InRedis(empty_redis_url, 60)).read(page.token) == {7, 8, 9}


def test_a_settled_page_is_gone_from_both_copies(journal: Journal, folder: Folder, empty_redis_url: str) -> None:
    with journal.page() as page:
        page.note([7])
        page.settled()
    with journal.page() as empty:
        empty.settled()
    assert list(folder.path.iterdir()) == []
    assert InRedis(empty_redis_url, 60).read(page.token) == set()


def test_nobody_knows_what_another_machine_noted_while_redis_is_away(folder: Folder) -> None:
    away = InRedis("redis://127.0.0.1:1/0", 60)
    with Journal(folder).page() as page:
        page.note([7])
        assert Journal(folder, away).read(page.token) == {7}
        assert Journal(folder, away).read("theirs") is None
        assert Journal(folder).read("theirs") == set()


def test_a_page_is_an_orphan_only_once_its_owner_has_let_go_of_it(journal: Journal, folder: Folder) -> None:
    with journal.page() as page:
        page.note([7])
        assert list(folder.orphans()) == []
    assert list(folder.orphans()) == [page.token]
    assert list(Journal(folder).orphans()) == [page.token]


def test_a_process_looks_for_orphans_from_time_to_time_only(journal: Journal) -> None:
    with journal.page() as page:
        page.note([7])
    assert list(journal.orphans()) == [page.token]
    assert list(journal.orphans()) == []


NOTES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from notifier.journal import Journal
from notifier.journal.folder import Folder
from notifier.journal.in_redis import InRedis
with Journal(Folder(Path(sys.argv[1])), InRedis(sys.argv[2], 60)).page() as page:
    print(page.token, flush=True)
    page.note([1, 2])
    page.note([3])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_its_page_in_both_copies(folder: Folder, empty_redis_url: str) -> None:
    argv = [sys.executable, "-c", NOTES_AND_DIES, str(folder.path), empty_redis_url]
    died = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - our own
    assert died.returncode == -signal.SIGKILL
    token = died.stdout.strip()
    assert list(folder.orphans()) == [token]
    assert folder.read(token) == {1, 2, 3}
    assert InRedis(empty_redis_url, 60).read(token) == {1, 2, 3}


def test_a_line_that_was_cut_off_is_not_believed(folder: Folder) -> None:
    os.close(folder.open("t"))
    (folder.path / "t").write_bytes(b"12\n345\n67")
    assert folder.read("t") == {12, 345}


def test_what_comes_after_a_line_that_was_cut_off_is_believed_and_not_joined_to_it(folder: Folder) -> None:
    descriptor = folder.open("t")
    os.write(descriptor, b"12\n3")
    folder.note(descriptor, [45, 6])
    os.close(descriptor)
    assert folder.read("t") == {12, 45, 6}


def test_what_is_in_doubt_is_noted_below_zero_in_both_copies(
    journal: Journal, folder: Folder, empty_redis_url: str
) -> None:
    with journal.page() as page:
        assert page.note([7, -8])
        assert folder.read(page.token) == InRedis(empty_redis_url, 60).read(page.token) == {7, -8}


def test_without_redis_the_file_alone_is_enough(folder: Folder, valkey: Valkey) -> None:
    journal = Journal(folder, InRedis(valkey.url, 60))
    with journal.page() as page:
        assert page.note([1])
        valkey.kill()
        assert page.note([2])
        assert page.note([3])
        assert journal.read(page.token) == {1, 2, 3}
    journal.close()


def test_a_full_disk_is_said_once_and_redis_alone_is_enough(folder: Folder, empty_redis_url: str) -> None:
    class Full(Folder):
        def note(self, descriptor: int, ids: list[int]) -> None:
            del descriptor, ids
            raise OSError(28, "No space left on device")

    with capture_logs() as lines, Journal(Full(folder.path), InRedis(empty_redis_url, 60)).page() as page:
        assert page.note([1])
        assert page.note([2])
    assert InRedis(empty_redis_url, 60).read(page.token) == {1, 2}
    assert [(line["event"], line["fault"]) for line in lines] == [
        ("journal_without_its_file", "No space left on device")
    ]


def test_with_neither_copy_it_says_so(tmp_path: Path, valkey: Valkey) -> None:
    (tmp_path / "taken").touch()
    valkey.kill()
    with Journal(Folder(tmp_path / "taken"), InRedis(valkey.url, 60)).page() as page:
        assert not page.note([1])


def test_a_folder_that_others_may_write_to_is_not_used(folder: Folder) -> None:
    folder.path.mkdir(mode=0o777)
    folder.path.chmod(0o777)
    with pytest.raises(PermissionError):
        folder.open("t")
