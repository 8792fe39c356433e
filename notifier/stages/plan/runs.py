"""Digest slots: which are due, whom they serve, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain.schedule import Hours, last_slot, previous_slot
from notifier.domain.words import Frequency
from notifier.models import Run, Site, Subscriber, is_awake
from notifier.stages.plan.arranged import blocks_later, give_up, held_slots, is_held
from notifier.stages.plan.threads import make_bookmarks

DIGESTS = (Frequency.HOURLY, Frequency.DAILY, Frequency.WEEKLY)
STEPS_BACK = {Frequency.HOURLY: 48, Frequency.DAILY: 8, Frequency.WEEKLY: 5}
"""How many missed slots one digest makes up for."""
LOOKS_BACK = timedelta(days=50)
"""Farther than that many slots of any frequency reach."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Readers of one run whose digests came equally far."""

    run: Run
    since: datetime
    hours: tuple[Hours, ...]
    """Empty for hourly digests, which all readers get at the same moment."""

    def readers(self) -> ColumnElement[bool]:
        """Confirmed readers of the site with these hours who were there, and not on a pause, at the slot."""
        theirs = [
            and_(
                Subscriber.time_zone == one.time_zone,
                Subscriber.digest_hour == one.hour,
                Subscriber.digest_weekday == one.weekday,
                Subscriber.digest_days == one.days,
            )
            for one in self.hours
        ]
        return and_(
            Subscriber.site_id == self.run.site_id,
            Subscriber.confirmed_at <= self.run.slot,
            is_awake(self.run.slot),
            or_(*theirs) if theirs else true(),
        )


@dataclass(frozen=True, slots=True)
class _Past:
    """The slots before a run's."""

    planned: frozenset[datetime]
    held: frozenset[datetime]
    """Those that somebody held back, to the end if they are not among the planned ones."""


def open_due(session: Session, site: Site, now: datetime, late_most: timedelta) -> list[int]:
    """Make the runs whose slot has come, missed ones too if they are not later than `late_most`; gives the new ids.

    What a run that is skipped as too late would have held, the next one holds.
    """
    give_up(session, site.id, now, late_most)
    groups = list(_groups(session, site.id))
    due = {
        (frequency, slot)
        for frequency in DIGESTS
        for hours, first_at in groups
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


def cohorts(session: Session, run: Run) -> list[Cohort]:
    """The readers a run serves, grouped by the slot that their last digest covered."""
    planned = _Past(
        frozenset(
            session.scalars(
                select(Run.slot).where(
                    Run.site_id == run.site_id, Run.frequency == run.frequency, Run.planned_at.is_not(None),
                    Run.slot < run.slot, Run.slot >= run.slot - LOOKS_BACK,
                )
            )
        ),
        held_slots(session, run, run.slot - LOOKS_BACK),
    )  # fmt: skip
    if run.frequency is Frequency.HOURLY:
        return [Cohort(run, _since(run, Hours("UTC", 0, 0), planned), ())]
    found: dict[datetime, list[Hours]] = {}
    for hours, _ in _groups(session, run.site_id):
        if last_slot(run.frequency, hours, run.slot) == run.slot:
            found.setdefault(_since(run, hours, planned), []).append(hours)
    return [Cohort(run, since, tuple(hours)) for since, hours in sorted(found.items())]


def _unplanned_like(run: Run) -> ColumnElement[bool]:
    return and_(Run.site_id == run.site_id, Run.frequency == run.frequency, Run.planned_at.is_(None))


def _since(run: Run, hours: Hours, past: _Past) -> datetime:
    """The last slot that was planned for these hours; the slot before this one where there was none for long.

    What was held back until it was too late has sent nothing, and is passed over.
    """
    slot = before = previous_slot(run.frequency, hours, run.slot)
    for _ in range(STEPS_BACK[run.frequency]):
        if slot in past.planned:
            return slot
        slot = previous_slot(run.frequency, hours, slot)
        before = slot if before in past.held else before
    return before


def _groups(session: Session, site_id: int) -> Iterator[tuple[Hours, datetime]]:
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
