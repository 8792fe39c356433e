"""A reader gets another address: the old one has said so by its sign-in link, the new one by a button in its letter."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from notifier.consent import handover
from notifier.consent.evidence import note
from notifier.consent.signup import Invalid
from notifier.consent.subscriptions import subscribe
from notifier.domain.address import AddressInvalid, check_address, fold
from notifier.domain.tokens import address_hash, token_hash
from notifier.domain.topics import PERSONAL
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import AddressMove, ConsentEvent, Signup, Site, Subscriber, Subscription, Topic

SOURCE: Final = "address"
WISHES: Final = (timedelta(days=1), 3)
"""At most so many within so long: the old address gets a letter about each."""


def request(session: Session, reader: Subscriber, raw_address: str, now: datetime, ip: str = "") -> AddressMove:
    """Note the wish as a sign-up of the new address, which is asked like any other. Raises `Invalid`."""
    try:
        address = check_address(raw_address)
    except AddressInvalid as error:
        raise Invalid("address", "invalid_address") from error
    if _asked(session, reader, now) >= WISHES[1]:
        raise Invalid("address", "error_too_many")
    site = session.get_one(Site, reader.site_id)
    row = Signup(
        site_id=site.id,
        address=str(address),
        # Without the name: whoever has that address and signs up by themselves is somebody else.
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
    return _kept(session, reader, row, now)


def move(session: Session, signup: Signup, newcomer: Subscriber, ip: str, now: datetime) -> bool:
    """Give the reader who asked the address that has just agreed; the row that stood for it goes.

    False where the wish was taken back, where the address that asked is not the reader's any more, or where somebody
    reads under the new one by now: two readers of one address cannot be told apart.
    """
    reader = session.get(Subscriber, signup.moves_id, with_for_update=True)
    wish = session.scalar(
        select(AddressMove).where(AddressMove.signup_id == signup.id).execution_options(populate_existing=True)
    )
    if reader is None or wish is None or wish.vetoed_at or wish.address_key != reader.address_key:
        return False
    if newcomer.confirmed_at is not None:
        return False
    address, key, hashed = newcomer.address, newcomer.address_key, newcomer.address_hash
    absorb(session, reader, newcomer)
    reader.address, reader.address_key, reader.address_hash = address, key, hashed
    reader.changed_at = wish.done_at = now
    session.flush()
    # Answers to what they wrote under the old address still come; from now on also to what they write under this one.
    for name, frequency in _topics(session, reader):
        if name.startswith(PERSONAL):
            subscribe(session, reader, [name], frequency, now)
    handover.shut(session, reader)
    note(session, reader, ConsentAction.CHANGED, SOURCE, now, signup=signup, ip=ip)
    return True


def absorb(session: Session, reader: Subscriber, nobody: Subscriber) -> None:
    """Let a reader have what is noted under an address that never agreed, and the row of that address go."""
    for model in (Signup, ConsentEvent):
        theirs = update(model).where(model.subscriber_id == nobody.id)
        session.execute(theirs.values(subscriber_id=reader.id).execution_options(synchronize_session=False))
    session.execute(delete(Subscriber).where(Subscriber.id == nobody.id))


def _kept(session: Session, reader: Subscriber, row: Signup, now: datetime) -> AddressMove:
    wish = AddressMove(
        subscriber_id=reader.id,
        signup_id=row.id,
        address=reader.address,
        address_key=reader.address_key,
        address_hash=reader.address_hash,
        asked_at=now,
    )
    session.add(wish)
    session.flush()
    return wish


def _asked(session: Session, reader: Subscriber, now: datetime) -> int:
    lately = (AddressMove.subscriber_id == reader.id, AddressMove.asked_at > now - WISHES[0])
    return session.scalar(select(func.count()).select_from(AddressMove).where(*lately)) or 0


def _topics(session: Session, reader: Subscriber) -> list[tuple[str, Frequency]]:
    rows = session.execute(
        select(Topic.name, Subscription.frequency)
        .join(Subscription, Subscription.topic_id == Topic.id)
        .where(Subscription.subscriber_id == reader.id, Subscription.ended_at.is_(None))
        .order_by(Topic.id)
    )
    return [(name, frequency) for name, frequency in rows]
