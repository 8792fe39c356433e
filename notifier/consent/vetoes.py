"""Whoever has the address that was to be left may say for a week that it was not them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from notifier.consent import handover, moving
from notifier.consent.evidence import note
from notifier.consent.limits import SignupResult
from notifier.domain.topics import PERSONAL
from notifier.domain.words import ConsentAction
from notifier.models import AddressMove, OneTimeToken, Signup, Subscriber, Subscription, Topic

NOT_ME: Final = "not-me"
"""The purpose that its token is bound to; also the first path segment of its page."""
LASTS: Final = timedelta(days=7)
_GONE: Final = {"address": "", "address_key": "", "address_hash": ""}


@dataclass(frozen=True, slots=True)
class Veto:
    """What such a link would stop."""

    site_id: int
    language: str
    is_used: bool
    is_expired: bool
    is_taken: bool = False
    """Whether somebody has confirmed the former address anew: they are a reader of their own by now."""


def view(session: Session, move_id: int, now: datetime) -> Veto | None:
    """Look at a link; changes nothing. None where the reader was erased."""
    wish = session.get(AddressMove, move_id)
    reader = session.get(Subscriber, wish.subscriber_id) if wish else None
    if wish is None or reader is None:
        return None
    is_expired = wish.asked_at + LASTS <= now
    heir = None if is_expired or wish.vetoed_at else _heir(session, wish, reader)
    is_taken = heir is not None and heir.confirmed_at is not None
    return Veto(reader.site_id, reader.language, wish.vetoed_at is not None, is_expired, is_taken)


def veto(session: Session, move_id: int, ip: str, now: datetime) -> None:
    """Stop this wish and those after it, and take back what came of them; doing it twice changes nothing more.

    Those after it as well, for whoever got in may have moved on from there. What let anybody in until now is shut.
    """
    wish = session.get(AddressMove, move_id)
    reader = session.get(Subscriber, wish.subscriber_id, with_for_update=True) if wish else None
    if wish is None or reader is None:
        return
    session.refresh(wish)
    if wish.vetoed_at or wish.asked_at + LASTS <= now or not _return(session, wish, reader, now):
        return
    since = (AddressMove.subscriber_id == reader.id, AddressMove.id >= wish.id, AddressMove.vetoed_at.is_(None))
    stopped = session.execute(
        update(AddressMove).where(*since).values(vetoed_at=now).returning(AddressMove.signup_id)
    ).scalars().all()  # fmt: skip
    _stop(session, stopped, now)
    handover.shut(session, reader)
    reader.changed_at = now
    note(session, reader, ConsentAction.CHANGED, NOT_ME, now, source=NOT_ME, ip=ip)


def purge(session: Session, now: datetime) -> None:
    """Forget former addresses that nobody can go back to any more."""
    old = update(AddressMove).where(AddressMove.asked_at <= now - LASTS, AddressMove.address != "")
    session.execute(old.values(_GONE).execution_options(synchronize_session=False))


def _return(session: Session, wish: AddressMove, reader: Subscriber, now: datetime) -> bool:
    """The former address is the reader's again; False where it is another reader's."""
    if reader.address_key == wish.address_key:
        return True
    heir = _heir(session, wish, reader)
    if heir is not None and heir.confirmed_at is not None:
        return False
    if heir is not None:
        moving.absorb(session, reader, heir)
    _end_personal(session, wish, reader, now)
    reader.address, reader.address_key, reader.address_hash = wish.address, wish.address_key, wish.address_hash
    session.flush()
    return True


def _end_personal(session: Session, wish: AddressMove, reader: Subscriber, now: datetime) -> None:
    """End what was begun for the other addresses alone: answers to what is written under them."""
    since = select(AddressMove.address_hash).where(AddressMove.subscriber_id == reader.id, AddressMove.id > wish.id)
    hashes = {reader.address_hash, *session.scalars(since)} - {wish.address_hash}
    about_them = or_(*(Topic.name.startswith(f"{kind}:{hashed}") for kind in PERSONAL for hashed in hashes))
    topics = select(Topic.id).where(Topic.site_id == reader.site_id, about_them)
    open_ones = (Subscription.subscriber_id == reader.id, Subscription.ended_at.is_(None))
    ended = update(Subscription).where(*open_ones, Subscription.topic_id.in_(topics))
    session.execute(ended.values(ended_at=now, ended_reason=NOT_ME).execution_options(synchronize_session=False))


def _heir(session: Session, wish: AddressMove, reader: Subscriber) -> Subscriber | None:
    """Who stands under the former address by now, if anybody else does."""
    under_it = (Subscriber.site_id == reader.site_id, Subscriber.address_key == wish.address_key)
    return session.scalar(select(Subscriber).where(*under_it, Subscriber.id != reader.id))


def _stop(session: Session, signups: Sequence[int], now: datetime) -> None:
    """The buttons of these wishes explain themselves from now on."""
    # Of one that was never asked no button waits, and it does not count as if it had been.
    theirs = update(Signup).where(Signup.id.in_(signups), Signup.result.in_(["", SignupResult.ASKED]))
    # One that no task has looked at yet asks nobody any more; the others were asked when they were.
    handled_at = func.coalesce(Signup.handled_at, now)
    stopped = theirs.values(result=SignupResult.VETOED, handled_at=handled_at)
    session.execute(stopped.execution_options(synchronize_session=False))
    tokens = update(OneTimeToken).where(OneTimeToken.signup_id.in_(signups), OneTimeToken.expires_at > now)
    session.execute(tokens.values(expires_at=now).execution_options(synchronize_session=False))
