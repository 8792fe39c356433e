"""The development inbox: takes every letter, delivers none, and shows them at /inbox."""

from notifier.embedded.inbox.letter import Entry, Letter
from notifier.embedded.inbox.store import Inbox, LetterUnknown

__all__ = ["Entry", "Inbox", "Letter", "LetterUnknown"]
