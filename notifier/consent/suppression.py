"""Never write to this address again; and forget this person, but for that."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from notifier import outbox
from notifier.consent.evidence import note
from notifier.db import affected, upsert
from notifier.domain.address import check_address
from notifier.domain.calls import HookEvent
from notifier.domain.tokens import address_hash
from notifier.domain.words import ConsentAction
from notifier.models import ConsentEvent, Delivery, DeliveryEvent, Signup, Site, Subscriber, Suppression


def suppress(session: Session, site: Site, address: str, reason: str, source: str, now: datetime) -> bool:
    """Keep an address, known or not, from getting any letter; False if it was suppressed already.

    Only its hash is kept. Raises AddressInvalid.
    """
    hashed = address_hash(site.pepper, check_address(address).key)
    values = {"reason": reason, "source": source, "at": now, "lifted_at": None}
    statement = upsert(session, Suppression).values(site_id=site.id, address_hash=hashed, **values)
    changed = affected(
        session,
        statement.on_conflict_do_update(
            index_elements=["site_id", "address_hash"], set_=values, where=Suppression.lifted_at.is_not(None)
        ),
    )
    reader = _reader(session, site, hashed)
    if changed and reader is not None:
        note(session, reader, ConsentAction.SUPPRESSED, reason, now, source=source)
    return bool(changed)


def lift(session: Session, site: Site, address: str, now: datetime) -> bool:
    """Let an address be written to again, once it asks; False if it was not suppressed. Raises AddressInvalid."""
    hashed = address_hash(site.pepper, check_address(address).key)
    ours = (Suppression.site_id == site.id, Suppression.address_hash == hashed, Suppression.lifted_at.is_(None))
    return bool(affected(session, update(Suppression).where(*ours).values(lifted_at=now)))


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
    session.execute(delete(Signup).where(Signup.subscriber_id == reader.id))
    session.execute(delete(Subscriber).where(Subscriber.id == reader.id))


def _reader(session: Session, site: Site, hashed: str) -> Subscriber | None:
    return session.scalar(select(Subscriber).where(Subscriber.site_id == site.id, Subscriber.address_hash == hashed))
