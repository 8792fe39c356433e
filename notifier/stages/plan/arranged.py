"""What editors decided about a digest slot, as the planner heeds it: pins first, what was dropped left out, a hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from notifier.domain.words import Frequency
from notifier.models import Arrangement, Run


@dataclass(frozen=True, slots=True)
class Arranged:
    """The order of one digest."""

    pinned: tuple[int, ...] = ()
    left_out: frozenset[int] = frozenset()

    @classmethod
    def of(cls, session: Session, run: Run) -> Self:
        """What was decided about a run's slot; nothing for most."""
        found = find(session, run)
        return cls(tuple(found.pinned), frozenset(found.dropped) | frozenset(found.postponed)) if found else cls()

    def order(self, items: Iterable[int]) -> list[int]:
        """The articles of one digest: the pinned ones first, the others as they were.

        Nobody gets by a pin what they did not ask for.
        """
        shown = [item for item in items if item not in self.left_out]
        first = [item for item in self.pinned if item in set(shown)]
        return first + [item for item in shown if item not in set(first)]


def find(session: Session, run: Run) -> Arrangement | None:
    """The decisions about a run's slot; the run need not be in the database."""
    return session.scalar(
        select(Arrangement).where(
            Arrangement.site_id == run.site_id, Arrangement.frequency == run.frequency, Arrangement.slot == run.slot
        )
    )


def postponed_from(session: Session, run: Run, since: datetime) -> set[int]:
    """The articles that the digest before, at `since`, left to this one."""
    before = find(session, Run(site_id=run.site_id, frequency=run.frequency, slot=since))
    return set(before.postponed) if before else set()


def is_held() -> ColumnElement[bool]:
    """Whether somebody holds a run back; for a WHERE about runs."""
    theirs = and_(
        Arrangement.site_id == Run.site_id, Arrangement.frequency == Run.frequency, Arrangement.slot == Run.slot
    )
    return exists().where(theirs, Arrangement.is_held).correlate(Run)


def blocks_later() -> ColumnElement[bool]:
    """Whether later runs wait for this one.

    A hold lasts half a day at the most, so that the readers of a daily or a weekly digest that is held are not those
    of any other run meanwhile; an hourly one has the readers of the next.
    """
    return or_(~is_held(), Run.frequency == Frequency.HOURLY)


def held_slots(session: Session, run: Run, since: datetime) -> frozenset[datetime]:
    """The slots before a run's that somebody held back and never let go."""
    ours = Arrangement.site_id == run.site_id, Arrangement.frequency == run.frequency, Arrangement.is_held
    within = Arrangement.slot >= since, Arrangement.slot < run.slot
    return frozenset(session.scalars(select(Arrangement.slot).where(*ours, *within)))


def give_up(session: Session, site_id: int, now: datetime, late_most: timedelta) -> None:
    """Forget runs that were held until they were too late: the next ones hold what they would have held."""
    stale = and_(Run.site_id == site_id, Run.planned_at.is_(None), Run.slot < now - late_most, is_held())
    ids = session.scalars(select(Run.id).where(stale)).all()
    if ids:
        session.execute(delete(Run).where(Run.id.in_(ids)))
