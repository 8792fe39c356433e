"""Who polls a source, and what is noted on it afterwards."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, or_, update

from notifier import outbox
from notifier.domain.calls import HookEvent
from notifier.models import Source
from notifier.parts import Parts
from notifier.queue import transaction
from notifier.sources.poll import Polled

BUSY: Final = timedelta(minutes=5)
"""How long a poll that is under way keeps others off; a worker that dies in it costs this much time."""

TOLD_AFTER: Final = 3
"""Failed polls in a row, of which endpoints are told once: one alone is no news."""


def claim(parts: Parts, source_id: int, now: datetime) -> Source | None:
    """The source, for us alone; None where it is not due."""
    due = (Source.id == source_id, Source.is_enabled, Source.next_poll_at <= now)
    claimed = {"next_poll_at": now + BUSY, "claimed_at": now}
    with parts.db.writing() as session:
        return session.scalar(update(Source).where(*due).values(**claimed).returning(Source))


def note(parts: Parts, source: Source, polled: Polled, now: datetime, progress: dict[str, Any] | None = None) -> None:
    """Write down how a poll went and when the next one comes: soon, if the site asked for one meanwhile."""
    values: dict[str, Any] = {
        "etag": polled.etag,
        "last_modified": polled.last_modified,
        "last_polled_at": now,
        "claimed_at": None,
        "failures": polled.failures,
        "last_error": polled.error or polled.notice,
    }
    if progress is not None:
        values["progress"] = progress
    next_poll_at = now + timedelta(seconds=polled.next_poll_in_s)
    if not polled.failures:
        values["last_ok_at"] = now
        soon = min(next_poll_at, now + timedelta(seconds=parts.settings.wordpress_gap_s))
        next_poll_at = case((Source.asked_at >= now, soon), else_=next_poll_at)  # type: ignore[assignment]
    with transaction(parts.db, parts.bell) as session:
        session.execute(update(Source).where(Source.id == source.id).values(next_poll_at=next_poll_at, **values))
        if polled.failures == TOLD_AFTER:
            told = {"source": source.id, "kind": source.kind, "url": source.url, "fault": polled.error_key}
            outbox.tell(session, source.site_id, HookEvent.SOURCE_FAILED, [told], now)


def ask_for(parts: Parts, source_id: int, now: datetime) -> bool:
    """A site says that it has news: poll it as soon as it may be; gives whether that is now.

    A poll under way is followed by another; a site that fails keeps the pause that it was given.
    """
    gap = timedelta(seconds=parts.settings.wordpress_gap_s)
    with parts.db.writing() as session:
        session.execute(update(Source).where(Source.id == source_id).values(asked_at=now))
        may_be = (
            Source.id == source_id,
            Source.failures == 0,
            Source.next_poll_at > now,
            or_(Source.claimed_at.is_(None), Source.claimed_at <= now - BUSY),
        )
        source = session.scalar(update(Source).where(*may_be).values(next_poll_at=now).returning(Source))
        if source is None:
            return False
        if source.last_polled_at is not None and source.last_polled_at > now - gap:
            source.next_poll_at = source.last_polled_at + gap
            return False
        return bool(source.is_enabled)
