"""Sittings: who is logged in in which browser, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier.db import affected
from notifier.domain.tokens import new_token, token_hash
from notifier.models import Sitting, User

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
HALF: Final = timedelta(minutes=10)
"""How long the second factor is waited for."""
SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody logs in from."""

    ip: str
    agent: str


def begin(session: Session, user: User, browser: Browser, now: datetime, *, has_second_factor: bool = False) -> str:
    """Open a sitting, complete where no second factor is asked for, or one was given; gives the cookie's token."""
    token = new_token()
    session.add(
        Sitting(
            user_id=user.id, token_hash=token_hash(token), is_complete=has_second_factor or not user.totp_sealed,
            agent=browser.agent[:200], ip=browser.ip, created_at=now, seen_at=now,
        )
    )  # fmt: skip
    session.flush()
    return token


def wait_for(session: Session, user: User, now: datetime) -> int:
    """A half sitting without a browser, for HALF; gives its id, with which `claim` makes a whole one possible."""
    waiting = Sitting(user_id=user.id, token_hash=token_hash(new_token()), created_at=now, seen_at=now)
    session.add(waiting)
    session.flush()
    return waiting.id


def claim(session: Session, sitting_id: int, now: datetime) -> User | None:
    """Whom such a sitting waited for; however many try, one of them gets an answer."""
    waits = (Sitting.id == sitting_id, Sitting.ended_at.is_(None), Sitting.created_at > now - HALF)
    taken = update(Sitting).where(*waits).values(ended_at=now).returning(Sitting.user_id)
    user_id = session.scalar(taken)
    return session.scalar(select(User).where(User.id == user_id, User.disabled_at.is_(None))) if user_id else None


def find(session: Session, token: str, now: datetime) -> tuple[Sitting, User] | None:
    """The sitting of a cookie and its user; None for one that ended, waited too long, or is of somebody disabled."""
    row = session.execute(
        select(Sitting, User).join(User, User.id == Sitting.user_id).where(Sitting.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        return None
    sitting, user = row
    lasts = min(sitting.seen_at + IDLE, sitting.created_at + (LONGEST if sitting.is_complete else HALF))
    return None if sitting.ended_at or user.disabled_at or lasts <= now else (sitting, user)


def note_seen(session: Session, sitting_id: int, now: datetime) -> None:
    """That somebody is still there; to the minute, for a write a page would cost more than it tells."""
    seen = update(Sitting).where(Sitting.id == sitting_id, Sitting.seen_at <= now - SEEN_EVERY).values(seen_at=now)
    session.execute(seen)


def running(session: Session, user_id: int, now: datetime) -> list[Sitting]:
    """A user's sittings that go on, the latest first."""
    rows = session.scalars(
        select(Sitting)
        .where(
            Sitting.user_id == user_id,
            Sitting.ended_at.is_(None),
            Sitting.is_complete,
            Sitting.seen_at > now - IDLE,
            Sitting.created_at > now - LONGEST,
        )
        .order_by(Sitting.seen_at.desc())
    )
    return list(rows)


def end(session: Session, user_id: int, now: datetime, *, only: int = 0, but: int = 0) -> int:
    """End one sitting of a user, or all `but` one; gives how many that were."""
    which = update(Sitting).where(Sitting.user_id == user_id, Sitting.ended_at.is_(None), Sitting.id != but)
    return affected(session, (which.where(Sitting.id == only) if only else which).values(ended_at=now))
