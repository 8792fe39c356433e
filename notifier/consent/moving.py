"""A reader gets another address: the old one has said so by its sign-in link, the new one by a button in its letter."""

from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from notifier.consent import signing_in
from notifier.consent.evidence import note
from notifier.consent.signup import Invalid
from notifier.consent.subscriptions import subscribe
from notifier.domain.address import AddressInvalid, check_address, fold
from notifier.domain.tokens import address_hash, token_hash
from notifier.domain.topics import PERSONAL
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import ConsentEvent, Signup, Site, Subscriber, Subscription, Topic

SOURCE = "address"


def request(session: Session, reader: Subscriber, raw_address: str, now: datetime, ip: str = "") -> Signup:
    """Note the wish as a sign-up of the new address, which is asked like any other. Raises `Invalid`."""
    try:
        address = check_address(raw_address)
    except AddressInvalid as error:
        raise Invalid("address", "invalid_address") from error
    site = session.get_one(Site, reader.site_id)
    row = Signup(
        site_id=site.id,
        address=str(address),
        name=reader.name,
        language=reader.language.partition("-u-")[0],
        time_zone=reader.time_zone,
        frequency=Frequency.DAILY,
        topics=[name for name, _ in _topics(session, reader)],
        source=SOURCE,
        ip=ip,
        wording_hash=token_hash(""),
        limit_hash=address_hash(site.pepper, fold(address.key)),
        created_at=now,
        moves_id=reader.id,
    )
    session.add(row)
    session.flush()
    return row


def move(session: Session, signup: Signup, newcomer: Subscriber, ip: str, now: datetime) -> bool:
    """Give the reader who asked the address that has just agreed; the row that stood for it goes.

    False where somebody reads under that address by now: two readers of one address cannot be told apart.
    """
    reader = session.get(Subscriber, signup.moves_id, with_for_update=True)
    if reader is None or newcomer.confirmed_at is not None:
        return False
    address, key, hashed = newcomer.address, newcomer.address_key, newcomer.address_hash
    for model in (Signup, ConsentEvent):
        theirs = update(model).where(model.subscriber_id == newcomer.id)
        session.execute(theirs.values(subscriber_id=reader.id).execution_options(synchronize_session=False))
    session.execute(delete(Subscriber).where(Subscriber.id == newcomer.id))
    reader.address, reader.address_key, reader.address_hash = address, key, hashed
    reader.changed_at = now
    session.flush()
    # Answers to what they wrote under the old address still come; from now on also to what they write under this one.
    for name, frequency in _topics(session, reader):
        if name.startswith(PERSONAL):
            subscribe(session, reader, [name], frequency, now)
    signing_in.close(session, reader.id)
    note(session, reader, ConsentAction.CHANGED, SOURCE, now, signup=signup, ip=ip)
    return True


def forget(session: Session, reader: Subscriber) -> None:
    """Drop the rows of addresses that this reader wanted and that have not agreed."""
    wanted = select(Signup.subscriber_id).where(Signup.moves_id == reader.id)
    nobody_yet = (Subscriber.confirmed_at.is_(None), ~exists().where(Subscription.subscriber_id == Subscriber.id))
    session.execute(delete(Subscriber).where(Subscriber.id.in_(wanted), Subscriber.id != reader.id, *nobody_yet))


def _topics(session: Session, reader: Subscriber) -> list[tuple[str, Frequency]]:
    rows = session.execute(
        select(Topic.name, Subscription.frequency)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .where(Subscription.subscriber_id == reader.id, Subscription.ended_at.is_(None))
        .order_by(Topic.id)
    )
    return [(name, frequency) for name, frequency in rows]
