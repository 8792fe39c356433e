"""The clock at the edge: what `workers`, `web` and `cli` pass down as `now`."""

from datetime import UTC, datetime, timedelta

from notifier import settings


def now() -> datetime:
    """This moment, aware and in UTC, moved by `clock_offset_s`."""
    offset_s = settings.current().clock_offset_s
    return datetime.now(UTC) + timedelta(seconds=offset_s) if offset_s else datetime.now(UTC)
