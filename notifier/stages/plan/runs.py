"""Digest slots: which are due, and which of them waits for another."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain.schedule import Hours, last_slot
from notifier.domain.words import Frequency
from notifier.models import Run, Site, Subscriber
from notifier.stages.plan.arranged import blocks_later, give_up, is_held
from notifier.stages.plan.threads import make_bookmarks

DIGESTS = (Frequency.HOURLY, Frequency.DAILY, Frequency.WEEKLY)


def open_due(session: Session, site: Site, now: datetime, late_most: timedelta) -> list[int]:
    """Make the runs whose slot has come, missed ones too if they are not later than `late_most`; gives the new ids.

    What a run that is skipped as too late would have held, the next one holds.
    """
    give_up(session, site.id, now, late_most)
    known = list(groups(session, site.id))
    due = {
        (frequency, slot)
        for frequency in DIGESTS
        for hours, first_at in known
        if now - (slot := last_slot(frequency, hours, now)) <= late_most and first_at <= slot
    }
    if not due:
        return []
    rows = [
        {"site_id": site.id, "frequency": f, "slot": slot, "created_at": now, "planned_count": 0}
        for f, slot in sorted(due, key=lambda one: one[1])
    ]
    statement = upsert(session, Run).on_conflict_do_nothing(index_elements=["site_id", "frequency", "slot"])
    new = sorted(session.scalars(statement.returning(Run.id), rows))
    if new:
        # A digest tells what stands past a bookmark: whoever began to follow just now needs one first.
        make_bookmarks(session, site.id)
    return new


def is_early(session: Session, run: Run) -> bool:
    """Whether a run must wait: an earlier one is not planned, and both would hold what was announced before it.

    Or somebody holds it back.
    """
    before = select(Run.id).where(_unplanned_like(run), Run.slot < run.slot, blocks_later())
    held = select(Run.id).where(Run.id == run.id, is_held())
    return session.scalar(before.union_all(held).limit(1)) is not None


def following(session: Session, run: Run) -> list[int]:
    """The next run that may wait for this one to be planned; none or one."""
    after = select(Run.id).where(_unplanned_like(run), Run.slot > run.slot)
    return list(session.scalars(after.order_by(Run.slot).limit(1)))


def groups(session: Session, site_id: int) -> Iterator[tuple[Hours, datetime]]:
    """The distinct hours of a site's confirmed readers, and when the first of each was confirmed."""
    columns = Subscriber.time_zone, Subscriber.digest_hour, Subscriber.digest_weekday, Subscriber.digest_days
    rows = session.execute(
        select(*columns, func.min(Subscriber.confirmed_at))
        .where(Subscriber.site_id == site_id, Subscriber.confirmed_at.is_not(None))
        .group_by(*columns)
    )
    for time_zone, hour, weekday, days, first_at in rows:
        if first_at is not None:
            yield Hours(time_zone, hour, weekday, days), first_at


def _unplanned_like(run: Run) -> ColumnElement[bool]:
    return and_(Run.site_id == run.site_id, Run.frequency == run.frequency, Run.planned_at.is_(None))
