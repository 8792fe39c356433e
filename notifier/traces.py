"""The acts around opens and clicks: a reader agrees to them or takes that back, and what was seen is counted."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier.consent import evidence
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.traces import Tracking
from notifier.domain.words import ConsentAction
from notifier.feedback import traces
from notifier.models import Site, Subscriber, Trace
from notifier.parts import Parts

AT_ONCE: Final = 1000
ROUNDS_MAX: Final = 20
"""A tick looks up from counting after so many; the next goes on."""


def allow(parts: Parts, subscriber_id: int, ip: str, now: datetime, *, is_allowed: bool) -> None:
    """Agree that one's opens and clicks are kept, or take it back, which forgets them all. Twice changes no more."""
    with parts.db.writing() as session:
        reader = session.get(Subscriber, subscriber_id, with_for_update=True)
        if reader is None or reader.may_track is is_allowed:
            return
        reader.may_track = is_allowed
        if not is_allowed:
            session.execute(delete(Trace).where(Trace.subscriber_id == subscriber_id))
        purpose = f"tracking {'on' if is_allowed else 'off'}"
        evidence.note(session, reader, ConsentAction.CHANGED, purpose, now, source="link", ip=ip)


def decide(session: Session, site: Site, tracking: Tracking, by: Actor, now: datetime) -> None:
    """Set the policy, and note who did; what is so already leaves no line."""
    if site.tracking is not tracking:
        set_policy(session, site, tracking)
        audit.note(session, by, "site.tracking_set", now, site_id=site.id, policy=tracking.value)


def set_policy(session: Session, site: Site, tracking: Tracking) -> None:
    """What the site may learn from now on; switched off, or down to sums, what is known of readers is forgotten."""
    site.tracking = tracking
    if tracking is not Tracking.READERS:
        theirs = select(Subscriber.id).where(Subscriber.site_id == site.id)
        session.execute(delete(Trace).where(Trace.subscriber_id.in_(theirs)))


def count(parts: Parts) -> int:
    """Count what was seen since the last time; gives how many were counted."""
    total = 0
    for _ in range(ROUNDS_MAX):
        seen = parts.trail.take(AT_ONCE)
        if not seen:
            break
        with parts.db.writing() as session:
            total += traces.count(session, seen)
    return total


def forget_old(session: Session, days: int, now: datetime) -> None:
    """What single readers did longer ago than so many days."""
    traces.purge(session, now - timedelta(days=days))
