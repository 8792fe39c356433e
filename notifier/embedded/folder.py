"""A data folder belongs to one process tree at a time: two Valkeys in it would ruin each other's file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderError(RuntimeError):
    """Another process tree runs in this folder."""


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Make the folder if need be, and own it until the block ends; a process that is killed lets go of it.

    Raises FolderError where another owns it, OSError where it cannot be made or written to.
    """
    # It holds addresses and secrets: for its owner's eyes only.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderError(f"another notifier runs in {folder}: end it, or take another folder") from None
        yield
