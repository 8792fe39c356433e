"""The public archive: what was sent to a list is filed once it left, and read by anybody."""

from notifier.archive.filing import file_sent
from notifier.archive.reading import Entry, Shelf, page_of, share_of, shelf
from notifier.archive.showing import Shown, show

__all__ = ["Entry", "Shelf", "Shown", "file_sent", "page_of", "share_of", "shelf", "show"]
