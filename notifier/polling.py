"""Poll a source: fetch, read, take in, and note how it went."""

from datetime import datetime, timedelta

from sqlalchemy import update

from notifier import flow, observe
from notifier.models import Source
from notifier.parts import Parts
from notifier.sources.poll import Polled, Watched, poll

BUSY = timedelta(minutes=5)
"""How long a poll that is under way keeps others off; a worker that dies in it costs this much time."""

_log = observe.log(__name__)


def poll_source(parts: Parts, source_id: int, now: datetime) -> Polled | None:
    """Look at a source that is due and take in what is new; how it went is noted on the source.

    None where the source is not due: another worker polls it.
    """
    source = _claim(parts, source_id, now)
    if source is None:
        return None
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
    receipts = flow.ingest_items(parts, source.site_id, polled.items, now, source_id)
    # Noted after the items are in: a crash in between means looking again, and every item is taken in once anyway.
    _note(parts, source_id, polled, now)
    new = sum(receipt.outcome == "created" for receipt in receipts)
    _log.info("polled", source=source_id, new=new, error=polled.error_key)
    return polled


def _claim(parts: Parts, source_id: int, now: datetime) -> Source | None:
    with parts.db.writing() as session:
        due = (Source.id == source_id, Source.is_enabled, Source.next_poll_at <= now)
        return session.scalar(update(Source).where(*due).values(next_poll_at=now + BUSY).returning(Source))


def _note(parts: Parts, source_id: int, polled: Polled, now: datetime) -> None:
    values = {
        "etag": polled.etag,
        "last_modified": polled.last_modified,
        "next_poll_at": now + timedelta(seconds=polled.next_poll_in_s),
        "last_polled_at": now,
        "failures": polled.failures,
        "last_error": polled.error,
    }
    if not polled.error:
        values["last_ok_at"] = now
    with parts.db.writing() as session:
        session.execute(update(Source).where(Source.id == source_id).values(**values))
