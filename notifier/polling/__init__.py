"""Poll a source: fetch, read, take in, and note how it went."""

from datetime import datetime
from typing import Final

from notifier.domain.words import SourceKind
from notifier.parts import Parts
from notifier.polling import feed, wordpress
from notifier.polling.claim import ask_for, claim
from notifier.sources.poll import Polled

__all__ = ["ask_for", "poll_source"]

_BY_KIND: Final = {SourceKind.FEED: feed.poll_feed, SourceKind.WORDPRESS: wordpress.poll_wordpress}


def poll_source(parts: Parts, source_id: int, now: datetime) -> Polled | None:
    """Look at a source that is due and take in what is new; how it went is noted on the source.

    None where the source is not due: another worker polls it.
    """
    source = claim(parts, source_id, now)
    return _BY_KIND[source.kind](parts, source, now) if source is not None else None
