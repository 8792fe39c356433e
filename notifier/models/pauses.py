"""What a pause means to a plan, said in SQL: nothing is owed before its end, nor made up for after it."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, or_

from notifier.models.audience import Subscriber, Subscription


def is_awake(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a reader is not on a pause at this moment."""
    return or_(Subscriber.paused_until.is_(None), Subscriber.paused_until <= at)


def follows_since() -> ColumnElement[datetime]:
    """From when on a thread's comments are news to who follows it: its subscription's beginning or a pause's end."""
    return case(
        (Subscriber.paused_until > Subscription.created_at, Subscriber.paused_until), else_=Subscription.created_at
    )
