"""What is held against addresses, added up under a lock: two that tell of one address at once lose nothing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.returns.standing import Against, counts
from notifier.domain.returns.standing import Standing as Held
from notifier.domain.words import State
from notifier.models import Delivery, Standing, Subscriber

Address = tuple[int, str]
"""A site's id and the hash of an address under its pepper."""
AT_ONCE: Final = 500
BESIDE: Final = timedelta(hours=12)
"""Letters that leave within so long of each other come back in any order."""


def hold(session: Session, refusals: Sequence[tuple[Address, Against]], limit: float) -> dict[Address, str]:
    """Hold these refusals against their addresses; gives those to suppress, with the reason."""
    by_address: dict[Address, list[Against]] = defaultdict(list)
    for address, one in refusals:
        if counts(one.verdict):
            by_address[address].append(one)
    addresses = sorted(by_address)
    ends: dict[Address, str] = {}
    for first in range(0, len(addresses), AT_ONCE):
        some = addresses[first : first + AT_ONCE]
        ends |= _hold(session, {address: by_address[address] for address in some}, limit)
    return ends


def find(session: Session, address: Address) -> Held:
    """What is held against an address."""
    site, hashed = address
    row = session.scalar(select(Standing).where(Standing.site_id == site, Standing.address_hash == hashed))
    return Held() if row is None else _of(row)


def _hold(session: Session, against: Mapping[Address, list[Against]], limit: float) -> dict[Address, str]:
    rows = _locked(session, list(against))
    told = {one.delivery_id for refusals in against.values() for one in refusals}
    stayed = _stayed(session, [row for row in rows.values() if row.score > 0], told)
    ends, changes = dict[Address, str](), list[dict[str, Any]]()
    for address, refusals in against.items():
        row = rows[address]
        after, reason = _of(row).halved(stayed.get(address, 0)).with_all(refusals, limit)
        changes.append({"id": row.id, **_columns(after)})
        if reason:
            ends[address] = reason
    session.execute(update(Standing), changes)
    return ends


def _locked(session: Session, addresses: Sequence[Address]) -> dict[Address, Any]:
    fresh = [{"site_id": site, "address_hash": hashed, **_columns(Held())} for site, hashed in addresses]
    session.execute(upsert(session, Standing).on_conflict_do_nothing(), fresh)
    columns = [getattr(Standing, name) for name in ("id", "site_id", "address_hash", *_columns(Held()))]
    rows = session.execute(
        select(*columns)
        .where(tuple_(Standing.site_id, Standing.address_hash).in_(addresses))
        .order_by(Standing.site_id, Standing.address_hash)
        .with_for_update()
    )
    return {(row.site_id, row.address_hash): row for row in rows}


def _stayed(session: Session, rows: Sequence[Any], told: Collection[int]) -> dict[Address, int]:
    """How many letters each address got since, that did not come back: counted when it matters, not when they leave.

    Only those that left well before the one that is told of: what left beside it or after it may yet come back too.
    """
    if not rows:
        return {}
    left = select(Delivery.subscriber_id, func.min(Delivery.finished_at)).where(among(session, Delivery.id, told))
    # None of one that was refused at the door: it has not left.
    until = {reader: at and at - BESIDE for reader, at in session.execute(left.group_by(Delivery.subscriber_id))}
    found = session.execute(
        select(Standing.site_id, Standing.address_hash, Subscriber.id, Delivery.finished_at)
        .join(
            Subscriber,
            (Subscriber.site_id == Standing.site_id) & (Subscriber.address_hash == Standing.address_hash),
        )
        .join(Delivery, Delivery.subscriber_id == Subscriber.id)
        .where(among(session, Standing.id, [row.id for row in rows]), ~among(session, Delivery.id, told))
        .where(Delivery.state == State.SENT, Delivery.finished_at > Standing.last_at)
    )
    stayed = Counter[Address]()
    for site, hashed, reader, at in found:
        ends = until.get(reader)
        stayed[site, hashed] += at is not None and (ends is None or at <= ends)
    return stayed


def _of(row: Any) -> Held:  # noqa: ANN401 - a row of Standing's columns, or a Standing
    days, inactive, reasons = map(tuple, (row.days, row.inactive, row.reasons))
    return Held(row.score, days, inactive, reasons, row.last_at)


def _columns(held: Held) -> dict[str, Any]:
    lists = {"days": list(held.days), "inactive": list(held.inactive), "reasons": list(held.reasons)}
    return {"score": held.score, **lists, "last_at": held.last_at}
