"""Pages of the journal as files: the kernel holds what was written, so a killed process loses nothing of it."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o700
_DRAFT: Final = "."
"""Begins the name of a page that its owner has not locked yet."""


class Folder:
    """One file a claim, named by its token, locked by its owner for as long as that lives."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, token: str) -> int:
        """Begin a page; gives its descriptor. Raises OSError."""
        self._make()
        draft = self.path / f"{_DRAFT}{token}"
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # Locked before it has its name, so that nobody takes a page for an orphan that is just being begun.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(self.path / token)
        except OSError:
            os.close(descriptor)
            draft.unlink(missing_ok=True)
            raise
        return descriptor

    def note(self, descriptor: int, ids: list[int]) -> None:
        """Write these down, those in doubt below zero. Raises OSError, where the disk is full for instance."""
        # Whatever stands before it: half an id that a full disk cut off must not become another one.
        line = b"-\n" + b"".join([b"%d\n" % one for one in ids])
        if os.write(descriptor, line) != len(line):
            raise OSError("a page of the journal was written in part")

    def read(self, token: str) -> set[int] | None:
        """What a page holds; None where there is no such page."""
        try:
            *lines, _torn = (self.path / token).read_bytes().split(b"\n")
        except OSError:
            return None
        return {int(line) for line in lines if line.removeprefix(b"-").isdigit()}

    def remove(self, token: str) -> None:
        """End a page."""
        with suppress(OSError):
            (self.path / token).unlink()

    def orphans(self) -> Iterator[str]:
        """The pages whose owners are gone."""
        try:
            names = sorted(entry.name for entry in os.scandir(self.path) if not entry.name.startswith(_DRAFT))
        except OSError:
            return
        for name in names:
            if self._is_orphan(name):
                yield name

    def _is_orphan(self, name: str) -> bool:
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _make(self) -> None:
        self.path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        facts = self.path.stat()
        # Its default place is shared by all users of the machine, and what it says is believed.
        if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o022:
            raise PermissionError(f"{self.path} is not ours alone")
