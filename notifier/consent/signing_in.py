"""A link in place of a password: asked for by anybody, sent to the address alone, used once, open for a short while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from notifier.consent.signup import Invalid
from notifier.consent.suppression import is_suppressed
from notifier.db import queue_up
from notifier.domain.address import AddressInvalid, check_address, fold
from notifier.domain.tokens import address_hash, new_token, token_hash
from notifier.models import ReaderSession, SignIn, SignInToken, Site, Subscriber, Subscription

LINK_LASTS: Final = timedelta(minutes=30)
SESSION_LASTS: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=1)
LIMITS: Final = ((timedelta(hours=1), 3), (KEPT, 6))
"""At most so many links to one (folded) address within so long."""


@dataclass(frozen=True, slots=True)
class SignInLink:
    """What a sign-in link stands for."""

    site_id: int
    subscriber_id: int
    language: str
    is_used: bool
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is behind a cookie."""

    session_id: int
    subscriber_id: int
    site_id: int
    language: str
    until: datetime


def request(session: Session, site_id: int, raw_address: str, now: datetime) -> SignIn:
    """Note that a link is asked for; who has the address is not looked up here. Raises `Invalid`."""
    try:
        address = check_address(raw_address)
    except AddressInvalid as error:
        raise Invalid("address", "invalid_address") from error
    site = session.get_one(Site, site_id)
    limit_hash = address_hash(site.pepper, fold(address.key))
    row = SignIn(site_id=site_id, address=str(address), limit_hash=limit_hash, created_at=now)
    session.add(row)
    session.flush()
    return row


def decide(session: Session, row: SignIn, now: datetime) -> Subscriber | None:
    """Whom to send a link: a reader, past ones included, and not too often; None for everybody else."""
    site = session.get_one(Site, row.site_id)
    key = check_address(row.address).key
    hashed = address_hash(site.pepper, key)
    queue_up(session, row.limit_hash)
    reader = session.scalar(select(Subscriber).where(Subscriber.site_id == site.id, Subscriber.address_hash == hashed))
    row.handled_at, row.address = now, ""
    if reader is None or not _is_known(session, reader) or is_suppressed(session, site.id, hashed, key):
        return None
    if any(_asked(session, row, now - within) >= most for within, most in LIMITS):
        return None
    row.subscriber_id, row.generation = reader.id, reader.generation
    return reader


def whose(session: Session, token: str) -> Subscriber | None:
    """Whom a link was sent to, whether it opens anything any more or not; None for one that we never made."""
    return session.scalar(
        select(Subscriber)
        .join(SignIn, SignIn.subscriber_id == Subscriber.id)
        .join(SignInToken, SignInToken.sign_in_id == SignIn.id)
        .where(SignInToken.token_hash == token_hash(token))
    )


def mint(session: Session, sign_in_id: int, now: datetime) -> str:
    """A fresh token for a sign-in letter; only its hash is kept, so each try of the letter carries its own."""
    token = new_token()
    session.add(SignInToken(sign_in_id=sign_in_id, token_hash=token_hash(token), expires_at=now + LINK_LASTS))
    return token


def peek(session: Session, token: str, now: datetime) -> SignInLink | None:
    """What a link would open; changes nothing. None for a token that we never made, or made long ago."""
    row = session.execute(
        select(
            SignIn.site_id,
            Subscriber.id,
            Subscriber.language,
            SignInToken.used_at,
            or_(SignInToken.expires_at <= now, SignIn.generation != Subscriber.generation),
        )
        .join(SignIn, SignIn.id == SignInToken.sign_in_id)
        .join(Subscriber, Subscriber.id == SignIn.subscriber_id)
        .where(SignInToken.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        return None
    site_id, subscriber_id, language, used_at, is_expired = row
    return SignInLink(site_id, subscriber_id, language, used_at is not None, bool(is_expired))


def use(session: Session, token: str, now: datetime) -> str | None:
    """Spend a token and open a session: the cookie's value. None where the link does not open anything any more."""
    won = session.scalar(
        update(SignInToken)
        .where(SignInToken.token_hash == token_hash(token), SignInToken.used_at.is_(None), SignInToken.expires_at > now)
        .values(used_at=now)
        .returning(SignInToken.sign_in_id)
    )
    found = (
        won
        and session.execute(
            select(Subscriber.id, Subscriber.generation)
            .join(SignIn, (SignIn.subscriber_id == Subscriber.id) & (SignIn.generation == Subscriber.generation))
            .where(SignIn.id == won)
        ).one_or_none()
    )
    if not found:
        return None
    cookie = new_token()
    session.add(
        ReaderSession(
            subscriber_id=found.id, generation=found.generation, token_hash=token_hash(cookie), created_at=now,
            expires_at=now + SESSION_LASTS,
        )
    )  # fmt: skip
    return cookie


def visitor(session: Session, cookie: str, now: datetime) -> Visitor | None:
    """Who has this cookie; None where it is not one of ours or has run out."""
    return _behind(session, cookie, ReaderSession.expires_at > now)


def lapsed(session: Session, cookie: str, now: datetime) -> Visitor | None:
    """Who had this cookie until a while ago: enough to send a link to their own address, and for nothing else."""
    return _behind(session, cookie, ReaderSession.expires_at <= now)


def _behind(session: Session, cookie: str, when: ColumnElement[bool]) -> Visitor | None:
    row = session.execute(
        select(ReaderSession.id, Subscriber.id, Subscriber.site_id, Subscriber.language, ReaderSession.expires_at)
        .join(
            Subscriber,
            (Subscriber.id == ReaderSession.subscriber_id) & (Subscriber.generation == ReaderSession.generation),
        )
        .where(ReaderSession.token_hash == token_hash(cookie), when)
    ).one_or_none()
    return Visitor(*row) if row else None


def close(session: Session, subscriber_id: int) -> None:
    """End every session of a reader, and every link that is on its way to them."""
    session.execute(delete(ReaderSession).where(ReaderSession.subscriber_id == subscriber_id))
    theirs = select(SignIn.id).where(SignIn.subscriber_id == subscriber_id)
    session.execute(delete(SignInToken).where(SignInToken.sign_in_id.in_(theirs), SignInToken.used_at.is_(None)))


def purge(session: Session, now: datetime) -> None:
    """Forget what opens nothing any more."""
    session.execute(delete(ReaderSession).where(ReaderSession.expires_at <= now - KEPT))
    old = (SignIn.created_at <= now - KEPT, SignIn.handled_at.is_not(None))
    dead = select(SignIn.id).where(*old, SignIn.created_at > now - 2 * KEPT)
    session.execute(delete(SignInToken).where(SignInToken.sign_in_id.in_(dead)))
    # A wish that became a letter keeps its number: "owed once" is said by it.
    session.execute(delete(SignIn).where(*old, SignIn.subscriber_id.is_(None)))


def _is_known(session: Session, reader: Subscriber) -> bool:
    """Whether they ever confirmed: an address that somebody typed into a form is nobody yet."""
    has = exists().where(Subscription.subscriber_id == reader.id)
    return reader.confirmed_at is not None or bool(session.scalar(select(has)))


def _asked(session: Session, row: SignIn, since: datetime) -> int:
    sent = (SignIn.limit_hash == row.limit_hash, SignIn.created_at > since, SignIn.subscriber_id.is_not(None))
    return session.scalar(select(func.count()).select_from(SignIn).where(*sent)) or 0
