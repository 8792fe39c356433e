"""Whom an issue is for, said in SQL: looked up when it is counted and anew when it is sent."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from notifier.domain.issues import LEFT, Audience
from notifier.domain.words import ConsentAction
from notifier.models import Bookmark, ConsentEvent, Mute, Subscriber, Subscription, Topic


def fits(site_id: int, audience: Audience, now: datetime) -> ColumnElement[bool]:
    """That a subscriber is confirmed, has not left the editors' letters, and fits every line of the audience."""
    left = exists().where(Mute.subscriber_id == Subscriber.id, Mute.what == LEFT)
    which = [Subscriber.site_id == site_id, Subscriber.confirmed_at.is_not(None), ~left]
    if audience.topics:
        which.append(Subscriber.id.in_(_followers(site_id, audience.topics)))
    if audience.languages:
        which.append(or_(*map(_speaks, audience.languages)))
    if audience.sources:
        which.append(_came_by(audience.sources))
    if audience.joined_days:
        which.append(Subscriber.confirmed_at >= now - timedelta(days=audience.joined_days))
    if audience.alive_days:
        which.append(_is_alive(now - timedelta(days=audience.alive_days)))
    return and_(*which)


def _followers(site_id: int, names: tuple[str, ...]) -> Select[int]:
    followers = select(Subscription.subscriber_id).join(Topic, Topic.id == Subscription.topic_id)
    return followers.where(Topic.site_id == site_id, Topic.name.in_(names), Subscription.ended_at.is_(None))


def _speaks(language: str) -> ColumnElement[bool]:
    """`ar` is spoken by whoever reads `ar-EG` too."""
    return or_(Subscriber.language == language, Subscriber.language.startswith(f"{language}-", autoescape=True))


def _came_by(sources: tuple[str, ...]) -> ColumnElement[bool]:
    return exists().where(
        ConsentEvent.subscriber_id == Subscriber.id,
        ConsentEvent.action == ConsentAction.CONFIRMED,
        ConsentEvent.source.in_(sources),
    )


def _is_alive(since: datetime) -> ColumnElement[bool]:
    return or_(
        Subscriber.changed_at >= since,
        exists().where(Bookmark.subscriber_id == Subscriber.id, Bookmark.alive_at >= since),
    )
