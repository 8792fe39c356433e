"""Whatever became known of letters, kept once each and matched with whom it concerns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.returns.event import Returned
from notifier.domain.words import ConsentAction, LetterKind
from notifier.models import MOVED, TAKEN_BACK, ConsentEvent, Delivery, DeliveryEvent, Subscriber

_MOVES: Final = (MOVED, TAKEN_BACK)
"""The purposes of the proofs that a reader has another address now: one of their own, or the former one again."""
AT_WORK: Final = timedelta(minutes=10)
"""A letter goes to the address that its reader had when it was claimed: at most so long before its end."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a delivery was for, as that was when it left; `address_hash` is empty for somebody who was erased."""

    delivery_id: int
    site_id: int
    kind: LetterKind
    account: str
    subscriber_id: int | None
    address_hash: str

    @property
    def address(self) -> tuple[int, str]:
        """What standings and suppressions are kept by."""
        return self.site_id, self.address_hash


def concerned(session: Session, delivery_ids: Iterable[int]) -> dict[int, Concerned]:
    """Whom these deliveries were for; one that never was is missing."""
    rows = session.execute(
        select(
            Delivery.id, Delivery.site_id, Delivery.kind, Delivery.account, Delivery.finished_at,
            Subscriber.id.label("reader"), Subscriber.address_hash,
        )
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(among(session, Delivery.id, sorted(set(delivery_ids))))
    ).all()  # fmt: skip
    # One that has not ended was tried just now.
    former = _former(session, {row.id: (row.reader, row.finished_at) for row in rows if row.reader and row.finished_at})
    return {
        row.id: Concerned(
            row.id, row.site_id, row.kind, row.account, row.reader, former.get(row.id, row.address_hash or "")
        )
        for row in rows
    }


def note(session: Session, events: Sequence[Returned]) -> list[tuple[Returned, Concerned]]:
    """Keep what is new of these, of deliveries that were made; gives it with whom it concerns."""
    once = {(one.delivery_id, one.key): one for one in reversed(events)}
    whom = concerned(session, (delivery for delivery, _ in once))
    # In one order, so that two who are told the same wait for each other and do not lock each other out.
    fresh = [once[place] for place in sorted(once) if place[0] in whom]
    if not fresh:
        return []
    new = upsert(session, DeliveryEvent).on_conflict_do_nothing(index_elements=["delivery_id", "key"])
    kept = session.execute(new.returning(DeliveryEvent.delivery_id, DeliveryEvent.key), [_row(one) for one in fresh])
    return [(once[delivery, key], whom[delivery]) for delivery, key in kept]


def mark_early(session: Session, events: Iterable[Returned], waiting: set[int]) -> None:
    """Remember the bounces of letters that are not sent yet, as our books have it."""
    if not waiting:
        return
    keys = {one.key for one in events if one.delivery_id in waiting}
    theirs = among(session, DeliveryEvent.delivery_id, sorted(waiting)) & DeliveryEvent.key.in_(sorted(keys))
    session.execute(update(DeliveryEvent).where(theirs).values(is_early=True))


def _row(one: Returned) -> dict[str, object]:
    return {
        "delivery_id": one.delivery_id,
        "at": one.at,
        "kind": one.kind.value,
        "detail": one.detail,
        "key": one.key,
        "why": one.why or "",
        "status": one.status,
        "source": one.source,
        "is_early": False,
    }


def _former(session: Session, letters: Mapping[int, tuple[int, datetime]]) -> dict[int, str]:
    """The address that letters went to whose reader has another one by now; empty where that cannot be told."""
    if not letters:
        return {}
    readers = sorted({reader for reader, _ in letters.values()})
    theirs = among(session, ConsentEvent.subscriber_id, readers)
    moved = (ConsentEvent.action == ConsentAction.CHANGED, ConsentEvent.purpose.in_(_MOVES))
    moves = session.execute(select(ConsentEvent.subscriber_id, ConsentEvent.at).where(theirs, *moved)).all()
    late = {
        one: (reader, at)
        for one, (reader, at) in letters.items()
        if any(who == reader and when > at - AT_WORK for who, when in moves)
    }
    if not late:
        return {}
    agreed = ConsentEvent.action.in_([ConsentAction.CONFIRMED, ConsentAction.CHANGED])
    proofs = session.execute(
        select(ConsentEvent.subscriber_id, ConsentEvent.at, ConsentEvent.address_hash)
        .where(theirs, agreed)
        .order_by(ConsentEvent.at)
    ).all()
    return {
        one: _address_at([(when, hashed) for who, when, hashed in proofs if who == reader], at)
        for one, (reader, at) in late.items()
    }


def _address_at(proofs: Sequence[tuple[datetime, str]], at: datetime) -> str:
    """What a letter was sent to that ended then; empty where its reader moved while it may have been on its way."""
    before = next((hashed for when, hashed in reversed(proofs) if when <= at - AT_WORK), "")
    after = next((hashed for when, hashed in reversed(proofs) if when <= at), "")
    return after if before in {after, ""} else ""
