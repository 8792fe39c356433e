"""Whom an issue is for, said in SQL: looked up when it is counted and anew when it is sent."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, literal, or_, select
from sqlalchemy.orm import Session

from notifier.bulk import looked_up
from notifier.domain.issues import LEFT, Audience
from notifier.domain.words import ConsentAction
from notifier.models import (
    Bookmark,
    ConsentEvent,
    Mute,
    Subscriber,
    SubscriberTag,
    Subscription,
    Tag,
    Topic,
    is_awake,
    is_reachable,
)


def fits(
    session: Session, site_id: int, audience: Audience, now: datetime, *, are_few: bool = False
) -> ColumnElement[bool]:
    """That a subscriber is confirmed, has not left the editors' letters, and fits every line of the audience.

    `are_few`: some thousands are asked about, so that each is looked up.
    """
    left = exists().where(Mute.subscriber_id == Subscriber.id, Mute.what == LEFT)
    which = [Subscriber.site_id == site_id, Subscriber.confirmed_at.is_not(None), ~left]
    if audience.topics:
        which.append(_any(_followed(site_id, audience.topics), are_few=are_few))
    if audience.tags:
        which.append(_any(_borne(session, site_id, audience.tags), are_few=are_few))
    if audience.languages:
        which.append(or_(*map(_speaks, audience.languages)))
    if audience.sources:
        which.append(_any(_came_by(audience.sources), are_few=are_few))
    if audience.joined_days:
        which.append(Subscriber.confirmed_at >= now - timedelta(days=audience.joined_days))
    if audience.alive_days:
        since = now - timedelta(days=audience.alive_days)
        which.append(or_(Subscriber.changed_at >= since, _was_seen(since, are_few=are_few)))
    return and_(*which)


def would_get(
    session: Session, site_id: int, audience: Audience, now: datetime, *, are_few: bool = False
) -> ColumnElement[bool]:
    """That a subscriber fits and may be written to now: on no pause, neither address nor domain suppressed.

    A plan owes the issue to all who fit: the letter of one who may not be written to is dropped, with its reason.
    """
    meant = fits(session, site_id, audience, now, are_few=are_few)
    return and_(meant, is_awake(now), is_reachable(session, site_id, are_few=are_few))


def _any(theirs: Select[Any], *, are_few: bool) -> ColumnElement[bool]:
    return looked_up(theirs) if are_few else theirs.exists()


def _followed(site_id: int, names: tuple[str, ...]) -> Select[Any]:
    topics = select(Topic.id).where(Topic.site_id == site_id, Topic.name.in_(names))
    active = Subscription.subscriber_id == Subscriber.id, Subscription.ended_at.is_(None)
    return select(literal(1)).where(*active, Subscription.topic_id.in_(topics)).correlate(Subscriber)


def _borne(session: Session, site_id: int, names: tuple[str, ...]) -> Select[Any]:
    # The ids stand in the statement itself: PostgreSQL knows how many bear each, and one tag has three, another all.
    known = session.scalars(select(Tag.id).where(Tag.site_id == site_id, Tag.name.in_(names)).order_by(Tag.id)).all()
    tags: BindParameter[int] = bindparam("tags", known, expanding=True, literal_execute=True)
    theirs = SubscriberTag.subscriber_id == Subscriber.id, SubscriberTag.tag_id.in_(tags)
    return select(literal(1)).where(*theirs).correlate(Subscriber)


def _speaks(language: str) -> ColumnElement[bool]:
    """`ar` is spoken by whoever reads `ar-EG` too."""
    return or_(Subscriber.language == language, Subscriber.language.startswith(f"{language}-", autoescape=True))


def _came_by(sources: tuple[str, ...]) -> Select[Any]:
    by = (
        ConsentEvent.subscriber_id == Subscriber.id, ConsentEvent.action == ConsentAction.CONFIRMED,
        ConsentEvent.source.in_(sources),
    )  # fmt: skip
    return select(literal(1)).where(*by).correlate(Subscriber)


def _was_seen(since: datetime, *, are_few: bool) -> ColumnElement[bool]:
    lately = select(Bookmark.subscriber_id).where(Bookmark.alive_at >= since)
    if are_few:
        return looked_up(lately.where(Bookmark.subscriber_id == Subscriber.id).correlate(Subscriber))
    # Not correlated: an EXISTS beside an OR would be asked anew for every reader there is.
    return Subscriber.id.in_(lately)
