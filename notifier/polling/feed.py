"""Poll a feed."""

from datetime import datetime

from notifier import flow, observe
from notifier.models import Source
from notifier.parts import Parts
from notifier.polling.claim import note
from notifier.sources.poll import Polled, Watched, poll

_log = observe.log(__name__)


def poll_feed(parts: Parts, source: Source, now: datetime) -> Polled:
    """Fetch it, take in what is new, and note how it went."""
    knobs = parts.settings
    watched = Watched(
        url=source.url,
        interval_s=knobs.feed_interval_s,
        news_h=knobs.feed_news_h,
        etag=source.etag,
        last_modified=source.last_modified,
        failures=source.failures,
        is_first=source.last_ok_at is None,
    )
    polled = poll(parts.fetch, watched, now)
    receipts = flow.ingest_items(parts, source.site_id, polled.items, now, source.id)
    # Noted after the items are in: a crash in between means looking again, and every item is taken in once anyway.
    note(parts, source, polled, now)
    new = sum(receipt.outcome == "created" for receipt in receipts)
    _log.info("polled", source=source.id, new=new, error=polled.error_key)
    return polled
