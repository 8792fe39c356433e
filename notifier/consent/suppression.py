"""Never write to this address again; and forget this person, but for that."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from notifier import outbox
from notifier.consent.evidence import note
from notifier.consent.forgetting import forget_signups
from notifier.db import affected, upsert
from notifier.domain.address import a_labels, check_address
from notifier.domain.calls import HookEvent
from notifier.domain.desk_words import OF_ACT
from notifier.domain.tokens import address_hash, is_hash
from notifier.domain.words import ConsentAction
from notifier.models import ConsentEvent, Delivery, DeliveryEvent, Site, Standing, Subscriber, Suppression

Address = tuple[int, str]
"""A site's id, and the hash of an address under its pepper."""
AT_ONCE: Final = 500


def suppress(session: Session, site: Site, address: str, reason: str, source: str, now: datetime) -> bool:
    """Keep an address, known or not, from getting any letter, or `@example.org` a domain; False if it was already.

    Of an address only its hash is kept. Raises AddressInvalid. What an act on many had suppressed counts as new.
    """
    hashed = place_of(site, address)
    domain = domain_of(address)
    return bool(suppress_hashes(session, {(site.id, hashed): reason}, source, now, domains={hashed: domain}))


def suppress_hashes(
    session: Session,
    reasons: Mapping[Address, str],
    source: str,
    now: datetime,
    domains: Mapping[str, str] | None = None,
) -> list[Address]:
    """Suppress addresses, by site and hash, each for its reason; gives those that were not suppressed before.

    And those that only an act on many readers had suppressed: the row is of this reason from now on, so that whoever
    undoes the act does not let them back in.
    """
    if not reasons:
        return []
    # In one order: two that suppress the same wait for each other, and do not lock each other out.
    rows = [
        {
            "site_id": site, "address_hash": hashed, "domain": (domains or {}).get(hashed, ""),
            "reason": reasons[site, hashed], "source": source, "at": now, "lifted_at": None, "lifted_reason": "",
        }
        for site, hashed in sorted(reasons)
    ]  # fmt: skip
    new = upsert(session, Suppression)
    again = {name: new.excluded[name] for name in ("domain", "reason", "source", "at", "lifted_at", "lifted_reason")}
    is_ours = Suppression.lifted_at.is_not(None) | Suppression.source.startswith(OF_ACT)
    statement = new.on_conflict_do_update(index_elements=["site_id", "address_hash"], set_=again, where=is_ours)
    done = session.execute(statement.returning(Suppression.site_id, Suppression.address_hash), rows)
    changed = [(site, hashed) for site, hashed in done]
    for reader in _readers(session, changed):
        reason = reasons[reader.site_id, reader.address_hash]
        note(session, reader, ConsentAction.SUPPRESSED, reason, now, source=source)
    return changed


def lift(session: Session, site: Site, address: str, now: datetime, reason: str = "") -> bool:
    """Let an address, or `@example.org` a domain, be written to again; False if it was not suppressed.

    What was held against the address is forgotten. Raises AddressInvalid.
    """
    hashed = place_of(site, address)
    ours = (Suppression.site_id == site.id, Suppression.address_hash == hashed, Suppression.lifted_at.is_(None))
    lifted = update(Suppression).where(*ours).values(lifted_at=now, lifted_reason=reason[:200])
    was = bool(affected(session, lifted))
    if was:
        forget_standing(session, site.id, hashed)
    return was


def forget_standing(session: Session, site_id: int, hashed: str) -> None:
    """Hold nothing against an address any more."""
    session.execute(delete(Standing).where(Standing.site_id == site_id, Standing.address_hash == hashed))


def barring(session: Session, site_id: int, hashed: str, key: str) -> Suppression | None:
    """What keeps letters from an address, by its hash and its key: a suppression of itself, or else of its domain."""
    itself = Suppression.address_hash == hashed
    with_all = (Suppression.domain == key.rpartition("@")[2]) & (Suppression.domain != "")
    theirs = (Suppression.site_id == site_id, or_(itself, with_all), Suppression.lifted_at.is_(None))
    return session.scalar(select(Suppression).where(*theirs).order_by(Suppression.domain).limit(1))


def is_suppressed(session: Session, site_id: int, hashed: str, key: str) -> bool:
    """Whether an address, by its hash and its key, must not be written to: itself, or its whole domain."""
    return barring(session, site_id, hashed, key) is not None


def place_of(site: Site, address: str) -> str:
    """Where a suppression stands: the hash of an address or, for `@example.org`, of a domain; a hash is itself.

    Raises AddressInvalid.
    """
    if is_hash(address):
        return address
    domain = domain_of(address)
    return address_hash(site.pepper, f"@{domain}" if domain else check_address(address).key)


def domain_of(address: str) -> str:
    """The domain that `@example.org` names, in A-labels; empty for an address. Raises AddressInvalid."""
    bare = address.strip()
    return a_labels(bare[1:]) if bare.startswith("@") else ""


def find(session: Session, site: Site, address: str) -> Subscriber | None:
    """Whose address this is. Raises AddressInvalid."""
    return _reader(session, site, address_hash(site.pepper, check_address(address).key))


def erase(session: Session, site: Site, reader: Subscriber, now: datetime) -> None:
    """Forget a person: of them only a suppression by hash is left, and the proof that they once agreed, without IP.

    Their deliveries stay for the books, without a name on them; letters still owed end as `dropped: erased`.
    """
    suppress(session, site, reader.address, "erased", "erasure", now)
    outbox.tell_of_reader(session, reader, HookEvent.ERASED, now)
    session.flush()
    theirs = select(Delivery.id).where(Delivery.subscriber_id == reader.id)
    # What servers answered often repeats the address.
    session.execute(update(DeliveryEvent).where(DeliveryEvent.delivery_id.in_(theirs)).values(detail=""))
    session.execute(update(ConsentEvent).where(ConsentEvent.subscriber_id == reader.id).values(ip="", detail={}))
    forget_signups(session, reader, now)
    forget_standing(session, site.id, reader.address_hash)
    session.execute(delete(Subscriber).where(Subscriber.id == reader.id))


def _reader(session: Session, site: Site, hashed: str) -> Subscriber | None:
    return session.scalar(select(Subscriber).where(Subscriber.site_id == site.id, Subscriber.address_hash == hashed))


def _readers(session: Session, addresses: Sequence[Address]) -> Iterator[Subscriber]:
    for first in range(0, len(addresses), AT_ONCE):
        some = tuple_(Subscriber.site_id, Subscriber.address_hash).in_(addresses[first : first + AT_ONCE])
        yield from session.scalars(select(Subscriber).where(some))
