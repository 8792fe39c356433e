"""The journal of accepted letters, kept twice: in a file on the machine that sent them, and in Redis."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from notifier import observe
from notifier.journal.folder import Folder
from notifier.journal.in_redis import InRedis

LOOK_S: Final = 2.0
"""How often a process looks for pages that others left behind."""
LOG_S: Final = 60.0

_log = observe.log(__name__)


class Journal:
    """Either copy alone says what was sent. `shared` None keeps files only."""

    def __init__(self, folder: Folder, shared: InRedis | None = None) -> None:
        self._folder = folder
        self._shared = shared
        self._looked_at = -LOOK_S
        self._logged_at = -LOG_S

    @contextmanager
    def page(self, account: str = "") -> Iterator["Page"]:
        """A page for one claim of an account. What is not `settled` at the end stays, for whoever looks for orphans."""
        page = Page(self, f"{secrets.token_hex(16)}.{account}")
        try:
            yield page
        finally:
            page.close()

    def read(self, token: str) -> set[int] | None:
        """What was accepted under a claim and may not be in the database; below zero what left and was not heard of.

        None: its file is not on this machine and Redis is away, so that nobody here can know.
        """
        in_file, shared = self._folder.read(token), self._shared.read(token) if self._shared else set[int]()
        return None if in_file is None and shared is None else (in_file or set()) | (shared or set())

    def remove(self, token: str, *, is_empty: bool = False) -> None:
        """End a page whose letters are all written down; an empty one has no copy in Redis."""
        self._folder.remove(token)
        if self._shared and not is_empty:
            self._shared.remove(token)

    def orphans(self) -> Iterator[str]:
        """The pages of processes that died on this machine; none when somebody of this process looked just now."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_S:
            self._looked_at = now
            yield from self._folder.orphans()

    def close(self) -> None:
        """Close the connection to Redis."""
        if self._shared:
            self._shared.close()

    def begin(self, token: str) -> int | None:
        """The descriptor of a page's file; None where none can be made, which is said in the log."""
        try:
            return self._folder.open(token)
        except OSError as fault:
            self._say(fault)
            return None

    def note(self, page: "Page", ids: list[int]) -> bool:
        """Note in both copies; whether at least one of them has it."""
        has_file = page.descriptor is not None and self._note_in_file(page.descriptor, ids)
        has_shared = bool(self._shared and self._shared.note(page.token, ids, is_first=not page.has_notes))
        return has_file or has_shared

    def _note_in_file(self, descriptor: int, ids: list[int]) -> bool:
        try:
            self._folder.note(descriptor, ids)
        except OSError as fault:
            self._say(fault)
            return False
        return True

    def _say(self, fault: OSError) -> None:
        now = time.monotonic()
        if now - self._logged_at >= LOG_S:
            self._logged_at = now
            _log.error("journal_without_its_file", fault=fault.strerror or type(fault).__name__)


class Page:
    """What one claim's letters became, as far as the database does not know it yet."""

    def __init__(self, journal: Journal, token: str) -> None:
        self._journal = journal
        self.token = token
        self.descriptor = journal.begin(token)
        self.has_notes = False

    def note(self, ids: list[int]) -> bool:
        """Note letters that were accepted, and below zero those that left and were not heard of.

        False: nobody but this process knows, so write them down at once.
        """
        if not ids:
            return True
        is_kept = self._journal.note(self, ids)
        self.has_notes = True
        return is_kept

    def settled(self) -> None:
        """Everything is in the database: the page is needed no more."""
        self._journal.remove(self.token, is_empty=not self.has_notes)

    def close(self) -> None:
        """Let go of the file, and so of the lock on it."""
        if self.descriptor is None:
            return
        descriptor, self.descriptor = self.descriptor, None
        with contextlib.suppress(OSError):
            os.close(descriptor)
