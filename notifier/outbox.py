"""What endpoints shall be told, noted in the transaction that did it: what is rolled back is told to nobody."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.calls import CallState, HookEvent
from notifier.models import Call, Delivery, Endpoint, Subscriber
from notifier.queue import later, to_call


def tell(session: Session, site_id: int, event: HookEvent, told: Sequence[dict[str, Any]], now: datetime) -> None:
    """Owe each of these to every endpoint of the site that listens: ids, hashes and words, never a token."""
    listeners = listening(session, [site_id], event).get(site_id, [])
    owe(session, listeners, event, told, now)


def tell_of_reader(session: Session, reader: Subscriber, event: HookEvent, now: datetime, about: str = "") -> None:
    """Something that a reader did; `about` are the topics, or what it was."""
    told = {"subscriber": reader.id, "address_hash": reader.address_hash, "language": reader.language, "about": about}
    tell(session, reader.site_id, event, [told], now)


def tell_of_readers(
    session: Session, site_id: int, event: HookEvent, ids: Collection[int], now: datetime, about: str = ""
) -> None:
    """The same thing of many readers of a site; one question where nobody listens."""
    listeners = listening(session, [site_id], event).get(site_id, []) if ids else []
    if not listeners:
        return
    columns = Subscriber.id, Subscriber.address_hash, Subscriber.language
    rows = session.execute(select(*columns).where(among(session, Subscriber.id, ids)).order_by(Subscriber.id)).all()
    told = [
        {"subscriber": one, "address_hash": hashed, "language": language, "about": about}
        for one, hashed, language in rows
    ]
    owe(session, listeners, event, told, now)


def tell_of_endings(session: Session, event: HookEvent, ids: Collection[int], now: datetime) -> None:
    """What these letters came to that ended now; whatever another worker had ended before is not ours to tell."""
    tell_of_deliveries(session, event, ids, now, Delivery.finished_at == now)


def tell_of_deliveries(
    session: Session, event: HookEvent, ids: Collection[int], now: datetime, which: ColumnElement[bool] | None = None
) -> None:
    """What became of these letters, or of those among them; one question more where nobody listens."""
    sites = select(Delivery.site_id).where(among(session, Delivery.id, ids)).distinct()
    listeners = listening(session, list(session.scalars(sites)), event)
    if not listeners:
        return
    columns = Delivery.site_id, Delivery.id, Delivery.kind, Delivery.reason, Delivery.subscriber_id
    rows = session.execute(
        select(*columns, Subscriber.address_hash)
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(among(session, Delivery.id, ids), *([] if which is None else [which]))
        .order_by(Delivery.id)
    ).all()
    for site_id, endpoints in listeners.items():
        told = [
            {"delivery": one, "kind": kind, "reason": reason, "subscriber": reader, "address_hash": hashed}
            for site, one, kind, reason, reader, hashed in rows
            if site == site_id
        ]
        owe(session, endpoints, event, told, now)


def listening(session: Session, site_ids: Collection[int], event: HookEvent) -> dict[int, list[int]]:
    """Site -> its endpoints that want this event and are not switched off."""
    rows = session.execute(
        select(Endpoint.site_id, Endpoint.id, Endpoint.events).where(
            Endpoint.site_id.in_(site_ids), Endpoint.disabled_at.is_(None)
        )
    )
    found: dict[int, list[int]] = {}
    for site_id, endpoint, events in rows:
        if event.value in events:
            found.setdefault(site_id, []).append(endpoint)
    return found


def owe(
    session: Session, endpoints: Iterable[int], event: HookEvent, told: Sequence[dict[str, Any]], now: datetime
) -> None:
    """Write the calls, and nudge whoever makes them."""
    common = {"event": event.value, "state": CallState.WAITING, "next_attempt_at": now, "created_at": now}
    for endpoint in endpoints:
        rows = [{**common, "endpoint_id": endpoint, "data": data} for data in told]
        if rows:
            session.execute(insert(Call), rows)
            later(session, to_call(endpoint))
