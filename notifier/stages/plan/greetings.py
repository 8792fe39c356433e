"""Letters about a subscription itself: what will come, that nothing comes any more, that its address is to change."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifier.domain.schedule import Hours, next_slot, zone_of
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Subscriber, Subscription
from notifier.stages.plan.letters import Draft, Edition
from notifier.stages.plan.persons import Owed, plan_owed

CHOICES_MAX: Final = 30
"""More than that nobody reads; the preference page has them all."""


def plan_welcome(session: Session, edition: Edition, reader: Subscriber) -> list[int]:
    """Owe a reader the one welcome of their life here, however often they confirm; gives the new delivery, if any."""
    chosen = session.execute(
        select(Subscription.topic_id, Subscription.frequency)
        .where(Subscription.subscriber_id == reader.id, Subscription.ended_at.is_(None))
        .order_by(Subscription.id)
    ).all()
    data: dict[str, Any] = {"choices": [[topic, often.value] for topic, often in chosen[:CHOICES_MAX]]}
    soonest = min((often for _, often in chosen), key=lambda often: often.rank, default=Frequency.INSTANT)
    if soonest in {Frequency.DAILY, Frequency.WEEKLY}:
        data["first_at"] = _first_at(edition, reader, soonest).isoformat()
    return _plan(session, edition, LetterKind.WELCOME, reader, data, reader.id)


def plan_goodbye(session: Session, edition: Edition, reader: Subscriber, undo_lasts: timedelta) -> list[int]:
    """Owe a goodbye to who has just ended everything, once for these subscriptions; gives the new delivery, if any."""
    ended = (Subscription.subscriber_id == reader.id, Subscription.ended_at == edition.now)
    last = session.scalar(select(func.max(Subscription.id)).where(*ended))
    if last is None:
        return []
    return _plan(session, edition, LetterKind.GOODBYE, reader, _until(edition, undo_lasts), last)


def plan_address_change(
    session: Session, edition: Edition, reader: Subscriber, move_id: int, veto_lasts: timedelta
) -> list[int]:
    """Owe the address that is to be left one letter about this wish; gives the new delivery, if any."""
    return _plan(session, edition, LetterKind.ADDRESS_CHANGE, reader, _until(edition, veto_lasts), move_id)


def _until(edition: Edition, lasts: timedelta) -> dict[str, str]:
    """A full hour: those of one hour share a letter, and nobody is promised more than the link holds."""
    return {"until": (edition.now + lasts).replace(minute=0, second=0, microsecond=0).isoformat()}


def _first_at(edition: Edition, reader: Subscriber, often: Frequency) -> datetime:
    """Noon, where the site is, of the day where the reader is: a letter tells days by the site's clock."""
    hours = Hours(reader.time_zone, reader.digest_hour, reader.digest_weekday)
    day = next_slot(often, hours, edition.now).astimezone(zone_of(reader.time_zone)).date()
    return datetime.combine(day, time(12), zone_of(edition.site.time_zone))


def _plan(
    session: Session, edition: Edition, kind: LetterKind, reader: Subscriber, data: dict[str, Any], about_id: int
) -> list[int]:
    draft = Draft(edition.site.id, kind, edition.spoken(reader.language), data=data)
    return [made.id for made in plan_owed(session, edition, kind, [Owed(draft, reader.id, about_id)])]
