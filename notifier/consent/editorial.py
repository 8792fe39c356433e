"""The editors' letters: a stream of their own (RFC 2919), which a reader leaves without losing what they follow."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.domain.issues import LEFT
from notifier.models import Issue, Letter, Mute, Subscriber, Subscription, Topic


def has_left(session: Session, subscriber_id: int) -> bool:
    """Whether a reader wants none of them."""
    ours = (Mute.subscriber_id == subscriber_id, Mute.what == LEFT)
    return bool(session.scalar(select(exists().where(*ours))))


def leave(session: Session, subscriber: Subscriber, now: datetime) -> bool:
    """Want none of them any more, whomever they are for; False where that was so already."""
    row = {"subscriber_id": subscriber.id, "what": LEFT, "created_at": now}
    has_left_now = bool(affected(session, upsert(session, Mute).values(**row).on_conflict_do_nothing()))
    if has_left_now:
        # Letters that were planned before are looked at again.
        subscriber.changed_at = now
    return has_left_now


def brought(session: Session, letter: Letter) -> ColumnElement[bool]:
    """The subscriptions by which an issue's audience was chosen; none where it was for everybody."""
    issue = session.get(Issue, letter.data.get("issue_id", 0))
    names = issue.audience.get("topics", []) if issue else []
    if issue is None or not names:
        return false()
    return Subscription.topic_id.in_(select(Topic.id).where(Topic.site_id == issue.site_id, Topic.name.in_(names)))
