"""Users: invited by a link, let in by their password, put out by being disabled."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifier.desk import passwords
from notifier.domain.address import check_address
from notifier.domain.desk_words import Role
from notifier.domain.tokens import new_token, token_hash
from notifier.models import User

INVITED_FOR: Final = timedelta(days=3)


class DeskError(ValueError):
    """What the desk refuses; `key` names the sentence, `field` what it is about."""

    def __init__(self, key: str, field: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.field = field


def invite(session: Session, address: str, role: Role, language: str, now: datetime) -> tuple[User, str]:
    """A new user, or a new invitation to one who is there; gives the token of the link, once.

    Raises AddressInvalid, and DeskError where nobody would be left who may change it back.
    """
    key = check_address(address).key
    user = session.scalar(select(User).where(User.address == key).with_for_update())
    if user is None:
        user = User(address=key, role=role, language=language, created_at=now)
        session.add(user)
    if role is not Role.OWNER:
        _keep_an_owner(session, user)
    user.role, user.disabled_at = role, None
    token = new_token()
    user.invitation_hash, user.invited_until = token_hash(token), now + INVITED_FOR
    session.flush()
    return user, token


def invited(session: Session, token: str, now: datetime) -> User | None:
    """Whom an invitation is for, as long as it lasts."""
    user = session.scalar(select(User).where(User.invitation_hash == token_hash(token)))
    if user is None or user.disabled_at or user.invited_until is None or user.invited_until <= now:
        return None
    return user


def accept(user: User, name: str, password: str) -> None:
    """Take an invitation up: it works once. Raises DeskError for a password that cannot be one."""
    set_password(user, password)
    user.name = name.strip()[:200] or user.address.partition("@")[0]
    user.invitation_hash, user.invited_until = "", None


def set_password(user: User, password: str) -> None:
    """Change it. Raises DeskError."""
    if key := passwords.weakness(password, user.address):
        raise DeskError(key, "password")
    user.password_hash = passwords.hashed(password)


def change_role(session: Session, user: User, role: Role) -> None:
    """Raises DeskError where nobody would be left who may change it back."""
    if role is not Role.OWNER:
        _keep_an_owner(session, user)
    user.role = role


def disable(session: Session, user: User, now: datetime) -> None:
    """Let a user in no more; what they did stays in the log. Raises DeskError as above."""
    _keep_an_owner(session, user)
    user.disabled_at, user.invitation_hash = now, ""


def _keep_an_owner(session: Session, user: User) -> None:
    # Locked, or two owners could each put out the other.
    owners = session.scalars(
        select(User.id).where(User.role == Role.OWNER, User.disabled_at.is_(None)).with_for_update()
    ).all()
    if user.role is Role.OWNER and not set(owners) - {user.id}:
        raise DeskError("last_owner")


def count(session: Session) -> int:
    """How many users there are."""
    return session.scalar(select(func.count()).select_from(User)) or 0
