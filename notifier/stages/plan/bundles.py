"""Notices that waited long enough become one letter a person and thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from notifier.domain.words import Frequency, LetterKind
from notifier.models import Notice, Subscriber
from notifier.stages.plan.letters import Draft, Edition
from notifier.stages.plan.persons import Owed, plan_owed

BUNDLES_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A notice with what is needed to bundle it."""

    id: int
    subscriber_id: int
    article_id: int
    item_id: int
    language: str


def plan_bundles(session: Session, edition: Edition, waits_most: timedelta) -> list[int]:
    """Bundle what is due at this site: once no comment came for its hold, or the first has waited `waits_most`.

    Gives the ids of the new deliveries.
    """
    waiting = _waiting(session, edition, waits_most)
    bundles = [list(bundle) for _, bundle in groupby(waiting, key=lambda one: (one.subscriber_id, one.article_id))]
    owed = [_owed(edition, bundle) for bundle in bundles]
    made = {about: delivery for delivery, about in plan_owed(session, edition, LetterKind.REPLY, owed)}
    settled = [{"id": one.id, "delivery_id": made[b[0].id]} for b in bundles if b[0].id in made for one in b]
    if settled:
        session.execute(update(Notice), settled)
    return list(made.values())


def _owed(edition: Edition, bundle: Sequence[_Waiting]) -> Owed:
    first = bundle[0]
    draft = Draft(
        edition.site.id,
        LetterKind.REPLY,
        edition.spoken(first.language),
        tuple(sorted(one.item_id for one in bundle)),
        Frequency.INSTANT,
    )
    return Owed(draft, first.subscriber_id, first.id)


def _waiting(session: Session, edition: Edition, waits_most: timedelta) -> list[_Waiting]:
    due = _due(edition.now, waits_most).where(Subscriber.site_id == edition.site.id).limit(BUNDLES_AT_ONCE).subquery()
    rows = session.execute(
        select(Notice.id, Notice.subscriber_id, Notice.article_id, Notice.item_id, Subscriber.language)
        .join(due, (due.c.subscriber_id == Notice.subscriber_id) & (due.c.article_id == Notice.article_id))
        .join(Subscriber, Subscriber.id == Notice.subscriber_id)
        .where(*_is_waiting(), Notice.due_at <= edition.now)
        .order_by(Notice.subscriber_id, Notice.article_id, Notice.id)
    )
    return [_Waiting(*row) for row in rows]


def _due(now: datetime, waits_most: timedelta) -> Select[int, int]:
    return (
        select(Notice.subscriber_id, Notice.article_id)
        .join(Subscriber, Subscriber.id == Notice.subscriber_id)
        .where(*_is_waiting())
        .group_by(Notice.subscriber_id, Notice.article_id)
        .having((func.max(Notice.due_at) <= now) | (func.min(Notice.due_at) <= now - waits_most))
    )


def _is_waiting() -> tuple[ColumnElement[bool], ...]:
    return Notice.delivery_id.is_(None), Notice.dropped_at.is_(None), Notice.frequency == Frequency.INSTANT
