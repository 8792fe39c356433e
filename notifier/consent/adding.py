"""Readers that an operator brings along, with the basis of their consent."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.evidence import note
from notifier.consent.subscriptions import subscribe, take_in
from notifier.consent.suppression import is_suppressed
from notifier.db import upsert
from notifier.domain.address import check_address
from notifier.domain.tokens import address_hash
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import Site, Subscriber


@dataclass(frozen=True, slots=True)
class NewReader:
    """Somebody whose consent the operator holds; `basis` says where it came from."""

    address: str = field(repr=False)
    topics: tuple[str, ...]
    frequency: Frequency
    basis: str
    name: str = ""
    language: str = ""
    time_zone: str = ""
    digest_hour: int | None = None


def add_reader(session: Session, site: Site, new: NewReader, now: datetime) -> Subscriber | None:
    """Add a confirmed reader, or more topics to one; None for a suppressed address.

    Raises AddressInvalid. Adding a reader again changes nothing but the topics that are new.
    """
    address = check_address(new.address)
    hashed = address_hash(site.pepper, address.key)
    if is_suppressed(session, site.id, hashed, address.key):
        return None
    fresh = {
        "site_id": site.id,
        "address": str(address),
        "address_key": address.key,
        "address_hash": hashed,
        "name": new.name,
        "language": new.language or site.language,
        "time_zone": new.time_zone or site.time_zone,
        "digest_hour": site.digest_hour if new.digest_hour is None else new.digest_hour,
        "digest_weekday": site.digest_weekday,
        "created_at": now,
        "changed_at": now,
    }
    session.execute(upsert(session, Subscriber).values(**fresh).on_conflict_do_nothing())
    found = select(Subscriber).where(Subscriber.site_id == site.id, Subscriber.address_key == address.key)
    subscriber = session.scalars(found).one()
    take_in(subscriber, now)
    subscribe(session, subscriber, new.topics, new.frequency, now)
    purpose = ",".join(new.topics)
    note(session, subscriber, ConsentAction.CONFIRMED, purpose, now, source="operator", detail={"basis": new.basis})
    return subscriber
