"""How far a reader's digests have come, kept when their hours change: the first under new ones goes on from there."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.preferences import hours_of
from notifier.domain.quiet import Bedtime, Quiet
from notifier.domain.schedule import last_slot
from notifier.domain.words import Frequency
from notifier.models import Run, Subscriber

_LOOKS_BACK: Final = timedelta(hours=48)


def note_covered(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """Write it down; to be called before digest hours, quiet hours or the time zone change."""
    hours, changed_at = hours_of(subscriber), subscriber.schedule_changed_at

    def newer(slot: datetime | None, before: datetime | None) -> datetime | None:
        # Hours that were changed after a slot of theirs did not have it yet.
        return before if slot is None or (changed_at is not None and slot <= changed_at) else slot

    daily, weekly = last_slot(Frequency.DAILY, hours, now), last_slot(Frequency.WEEKLY, hours, now)
    subscriber.daily_covered_until = newer(daily, subscriber.daily_covered_until)
    subscriber.weekly_covered_until = newer(weekly, subscriber.weekly_covered_until)
    subscriber.hourly_covered_until = newer(_hourly(session, subscriber, now), subscriber.hourly_covered_until)
    subscriber.schedule_changed_at = now


def _hourly(session: Session, subscriber: Subscriber, now: datetime) -> datetime | None:
    """The last slot of an hourly digest that was planned and not in their quiet hours."""
    rows = session.execute(
        select(Run.slot, Run.quiet)
        .where(
            Run.site_id == subscriber.site_id,
            Run.frequency == Frequency.HOURLY,
            Run.planned_at.is_not(None),
            Run.slot > now - _LOOKS_BACK,
            Run.slot <= now,
        )
        .order_by(Run.slot.desc())
    )
    bedtime = Bedtime(subscriber.time_zone, subscriber.quiet_from_h, subscriber.quiet_until_h)
    return next((slot for slot, usual in rows if not bedtime.holds(Quiet(*usual), slot)), None)
