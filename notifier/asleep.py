"""Whose quiet hours hold at a moment, said in SQL: the hour is told by where they live, zone by zone."""

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from notifier.domain.quiet import Quiet
from notifier.domain.schedule import is_zone
from notifier.models import Subscriber


def zones(session: Session, site_id: int) -> list[str]:
    """Where the readers of a site live: one look into an index a zone, however many readers there are."""
    first = select(func.min(Subscriber.time_zone).label("name")).where(Subscriber.site_id == site_id)
    found = first.cte("zones", recursive=True)
    after = first.where(Subscriber.time_zone > found.c.name).scalar_subquery()
    found = found.union_all(select(after).where(found.c.name.is_not(None)))
    return [name for name in session.scalars(select(found.c.name)) if name]


def asleep(session: Session, site_id: int, at: datetime, usual: Quiet) -> ColumnElement[bool]:
    """That it is quiet for a subscriber of this site at this moment; never NULL."""
    by_hour: dict[int, list[str]] = defaultdict(list)
    for name in zones(session, site_id):
        if is_zone(name):
            by_hour[at.astimezone(ZoneInfo(name)).hour].append(name)
    return or_(false(), *(Subscriber.time_zone.in_(some) & _quiet_at(hour, usual) for hour, some in by_hour.items()))


def _quiet_at(hour: int, usual: Quiet) -> ColumnElement[bool]:
    """That an hour of the clock is quiet for a subscriber; never NULL."""
    begins, ends = func.coalesce(Subscriber.quiet_from_h, -1), func.coalesce(Subscriber.quiet_until_h, -1)
    has_own = and_(begins >= 0, ends >= 0)
    by_day = and_(begins < ends, begins <= hour, ends > hour)
    by_night = and_(begins > ends, or_(begins <= hour, ends > hour))
    own = and_(has_own, or_(by_day, by_night))
    return or_(own, ~has_own) if usual.has(hour) else own
