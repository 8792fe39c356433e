"""The button of a confirmation letter: a token of its own, used once, on POST."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.evidence import note
from notifier.consent.limits import SignupResult
from notifier.consent.moving import is_barred, move
from notifier.consent.naming import Named, named
from notifier.consent.signup import is_reader
from notifier.consent.subscriptions import subscribe
from notifier.domain.text.spoken import Spoken
from notifier.domain.tokens import new_token, token_hash
from notifier.domain.words import ConsentAction
from notifier.models import OneTimeToken, Signup, Subscriber, Subscription, Topic


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirmation link stands for."""

    site_id: int
    subscriber_id: int
    language: str
    topics: tuple[Named, ...]
    is_used: bool
    is_expired: bool
    may_ask_again: bool = False
    """Whether a new letter to the same address would help."""
    is_barred: bool = False
    """Whether this would move a reader to an address that must not be written to."""

    @property
    def is_open(self) -> bool:
        """Whether the button does something."""
        return not (self.is_used or self.is_expired or self.is_barred)


def mint(session: Session, signup_id: int, now: datetime, keeps: timedelta) -> str:
    """A fresh token for a confirmation letter; only its hash is kept, so each try of the letter carries its own."""
    token = new_token()
    session.add(OneTimeToken(signup_id=signup_id, token_hash=token_hash(token), created_at=now, expires_at=now + keeps))
    return token


def peek(session: Session, token: str, now: datetime) -> Confirmation | None:
    """What this token would confirm; changes nothing. None for a token that we never made."""
    row = session.scalar(select(OneTimeToken).where(OneTimeToken.token_hash == token_hash(token)))
    return _confirmation(session, row, now) if row else None


def confirm(session: Session, token: str, ip: str, now: datetime) -> Confirmation | None:
    """Use the token: its sign-up's topics become subscriptions. Doing it twice changes nothing more.

    None for a token that we never made; a used or expired one comes back saying so.
    """
    row = session.scalar(select(OneTimeToken).where(OneTimeToken.token_hash == token_hash(token)).with_for_update())
    if row is None:
        return None
    found = _confirmation(session, row, now)
    if found.is_open:
        row.used_at = now
        if not _activate(session, session.get_one(Signup, row.signup_id), ip, now):
            return replace(found, is_expired=True)
    return found


def again(session: Session, token: str, ip: str, now: datetime) -> Signup | None:
    """Sign the same address up for the same once more, by a link that does not work any longer.

    None where that would not help: the link is not ours, still works, did its work, or its person was forgotten.
    """
    row = session.scalar(select(OneTimeToken).where(OneTimeToken.token_hash == token_hash(token)))
    if row is None or not _confirmation(session, row, now).may_ask_again:
        return None
    old = session.get_one(Signup, row.signup_id)
    kept = ("site_id", "address", "name", "language", "time_zone", "frequency", "topics", "is_implicit")
    fresh = Signup(
        **{name: getattr(old, name) for name in (*kept, "wording_hash", "limit_hash")},
        source="again",
        ip=ip,
        created_at=now,
    )
    session.add(fresh)
    session.flush()
    return fresh


def _activate(session: Session, signup: Signup, ip: str, now: datetime) -> bool:
    """False for a change of address that cannot be made any more."""
    subscriber = session.get_one(Subscriber, signup.subscriber_id)
    if signup.moves_id is not None:
        is_moved = move(session, signup, subscriber, ip, now)
        signup.result = SignupResult.CONFIRMED if is_moved else SignupResult.TAKEN
        return is_moved
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = now
        _introduce(session, subscriber, signup)
    # Whoever presses this button wants letters now: a pause was of what they had then.
    subscriber.paused_until = None
    for each in _open_signups(session, signup):
        subscribe(session, subscriber, each.topics, each.frequency, now, is_implicit=each.is_implicit)
        note(session, subscriber, ConsentAction.CONFIRMED, ",".join(each.topics), now, signup=each, ip=ip)
        each.result = SignupResult.CONFIRMED
    return True


def _introduce(session: Session, subscriber: Subscriber, signup: Signup) -> None:
    """Know the person by their form; who was a reader before keeps the name, digits and calendar that it left out."""
    was = session.scalar(select(Subscription.id).where(Subscription.subscriber_id == subscriber.id).limit(1))
    # Of an address that never agreed the row holds what anybody had typed.
    name, before = (subscriber.name, Spoken.read(subscriber.language)) if was else ("", Spoken(""))
    asked = Spoken.read(signup.language)
    spoken = Spoken(asked.language, asked.digits or before.digits, asked.calendar or before.calendar)
    subscriber.name, subscriber.language = signup.name or name, spoken.tag
    subscriber.time_zone = signup.time_zone


def _open_signups(session: Session, signup: Signup) -> list[Signup]:
    """What this address asked for and was not sent a second letter for waits for the same button."""
    is_open = Signup.result.in_([SignupResult.ASKED, SignupResult.LIMITED])
    # A change of address waits for its own button, and its button confirms nothing else; nor does one of a person who
    # was forgotten, who shares "nobody" with all others that were.
    if signup.moves_id is not None or signup.subscriber_id is None:
        return [signup] if signup.result in {SignupResult.ASKED, SignupResult.LIMITED} else []
    mine = (Signup.subscriber_id == signup.subscriber_id) & Signup.moves_id.is_(None)
    return list(session.scalars(select(Signup).where(mine, is_open).order_by(Signup.id)))


def _confirmation(session: Session, row: OneTimeToken, now: datetime) -> Confirmation:
    signup = session.get_one(Signup, row.signup_id)
    is_used = row.used_at is not None or signup.result == SignupResult.CONFIRMED
    names = list(dict.fromkeys(name for each in _open_signups(session, signup) or [signup] for name in each.topics))
    labels = dict(
        session.execute(
            select(Topic.name, Topic.label).where(Topic.site_id == signup.site_id, Topic.name.in_(names))
        ).all()
    )
    subscriber = session.get(Subscriber, signup.subscriber_id) if signup.subscriber_id else None
    is_expired = row.expires_at <= now or subscriber is None
    return Confirmation(
        site_id=signup.site_id,
        subscriber_id=signup.subscriber_id or 0,
        language=signup.language,
        topics=named(session, signup.site_id, [(name, labels.get(name, "")) for name in names]),
        is_used=is_used,
        # Without a subscriber the person was forgotten, and with them what they asked for.
        is_expired=is_expired,
        may_ask_again=(is_used or is_expired)
        and signup.moves_id is None  # Only the reader who wants to move may ask for that again.
        and subscriber is not None
        and not is_reader(session, subscriber),
        is_barred=signup.moves_id is not None and subscriber is not None and is_barred(session, subscriber),
    )
