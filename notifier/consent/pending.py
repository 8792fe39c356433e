"""Who signed up and never confirmed is forgotten."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from notifier.models import Signup, Subscriber, Subscription

PURGED_AT_ONCE: Final = 1000


def purge(session: Session, before: datetime) -> None:
    """Forget who never confirmed nor asked since `before`: of the person only the sign-up's limit hash is kept."""
    stale = select(Subscriber.id).where(
        Subscriber.confirmed_at.is_(None),
        Subscriber.created_at < before,
        ~exists().where(Subscription.subscriber_id == Subscriber.id),
        # Who asked again lately has a letter whose button must work.
        ~exists().where(Signup.subscriber_id == Subscriber.id, Signup.created_at >= before),
    )
    ids = session.scalars(stale.limit(PURGED_AT_ONCE).with_for_update(of=Subscriber, skip_locked=True)).all()
    if ids:
        emptied = {"subscriber_id": None, "address": "", "name": "", "ip": ""}
        session.execute(update(Signup).where(Signup.subscriber_id.in_(ids)).values(emptied))
        session.execute(delete(Subscriber).where(Subscriber.id.in_(ids)))
