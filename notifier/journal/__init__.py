"""What was accepted and is not in the database yet: noted before the next letter leaves, read when a worker is gone."""

from notifier.journal.journal import Journal, Page

__all__ = ["Journal", "Page"]
