"""What left by an account today, by the books: for whoever counts it elsewhere and has lost count."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from notifier.domain.words import Lane, State
from notifier.models import Delivery, Tally

OLDEST: Final = timedelta(days=7)
"""No letter is kept for so long: what was planned before has left before today."""


def today(session: Session, account: str, now: datetime) -> tuple[int, int]:
    """Letters since midnight UTC that were urgent, and that were not; what is under way counts, by whatever account."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (midnight - OLDEST).date().isoformat()
    # No index holds when a letter ended: the day's plans tell from which id on it can be one of today's.
    first = select(func.coalesce(func.min(Tally.first_id), 0)).where(Tally.entry == "planned", Tally.day >= since)
    tried = and_(Delivery.account == account, or_(Delivery.finished_at >= midnight, Delivery.state == State.QUEUED))
    is_urgent = Delivery.lane == Lane.URGENT
    urgent, count = session.execute(
        select(func.count().filter(is_urgent), func.count())
        .select_from(Delivery)
        .where(Delivery.id >= first.scalar_subquery(), or_(Delivery.state == State.SENDING, tried))
    ).one()
    return urgent, count - urgent
