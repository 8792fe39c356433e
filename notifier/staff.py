"""What people at the desk do to enter it and to let others in: each act one transaction, and one line in the log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.desk import audit, passwords, people, second_factor, sittings
from notifier.desk.audit import Actor
from notifier.desk.people import DeskError
from notifier.desk.sittings import Browser
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.desk_words import Role
from notifier.models import Sitting, User
from notifier.parts import Parts


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is logged in."""

    user_id: int
    sitting_id: int
    name: str
    role: Role
    language: str
    is_complete: bool
    has_second_factor: bool

    @property
    def actor(self) -> Actor:
        """As the log names them."""
        return Actor.user(self.user_id)


def invite(parts: Parts, address: str, role: Role, language: str, by: Actor, now: datetime) -> str:
    """Let somebody in by a link; gives its token, once. Raises AddressInvalid, DeskError."""
    with parts.db.writing() as session:
        user, token = people.invite(session, address, role, language, now)
        audit.note(session, by, "user.invited", now, user=user.id, role=role.value)
        return token


def accept(parts: Parts, token: str, name: str, password: str, browser: Browser, now: datetime) -> str | None:
    """Take up an invitation and sit down; gives the cookie's token, None for a link that is no more.

    Raises DeskError.
    """
    with parts.db.writing() as session:
        if (user := people.invited(session, token, now)) is None:
            return None
        people.accept(user, name, password)
        sittings.end(session, user.id, now)
        audit.note(session, Actor.user(user.id), "user.accepted", now, user=user.id)
        return sittings.begin(session, user, browser, now)


def log_in(parts: Parts, address: str, password: str, browser: Browser, now: datetime) -> str | None:
    """Sit down; gives the cookie's token. None for a wrong password as for an unknown address, after the same work."""
    with parts.db.reading() as session:
        user = _user(session, address)
        kept = user.password_hash if user and not user.disabled_at else ""
    if not passwords.is_right(kept, password) or user is None:
        return None
    with parts.db.writing() as session:
        token = sittings.begin(session, user, browser, now)
        if not user.totp_sealed:
            audit.note(session, Actor.user(user.id), "user.logged_in", now)
        return token


def seat(parts: Parts, token: str, now: datetime) -> Seat | None:
    """Who sits behind a cookie, the second factor given or not."""
    with parts.db.reading() as session:
        found = sittings.find(session, token, now) if token else None
    if found is None:
        return None
    sitting, user = found
    if sitting.seen_at <= now - sittings.SEEN_EVERY:
        with parts.db.writing() as session:
            sittings.note_seen(session, sitting.id, now)
    return Seat(
        user.id, sitting.id, user.name or user.address, user.role, user.language, sitting.is_complete,
        bool(user.totp_sealed),
    )  # fmt: skip


def give_code(parts: Parts, of: Seat, code: str, now: datetime) -> bool:
    """Complete a sitting by a code of the authenticator or a spare one."""
    with parts.db.writing() as session:
        user = session.get_one(User, of.user_id)
        if not second_factor.take(session, user, parts.sealer, code, now):
            return False
        session.get_one(Sitting, of.sitting_id).is_complete = True
        audit.note(session, of.actor, "user.logged_in", now)
        return True


def leave(parts: Parts, of: Seat, now: datetime, only: int = 0) -> None:
    """End this sitting, or another one of the same user's."""
    with parts.db.writing() as session:
        sittings.end(session, of.user_id, now, only=only or of.sitting_id)
        audit.note(session, of.actor, "user.logged_out", now)


def set_name(parts: Parts, of: Seat, name: str, language: str) -> None:
    """What the desk calls somebody, and which language it speaks to them."""
    with parts.db.writing() as session:
        user = session.get_one(User, of.user_id)
        user.name, user.language = name.strip()[:200] or user.name, language


def ask_for_proofs(parts: Parts, user_id: int, by: Actor, now: datetime, *, is_wanted: bool) -> None:
    """Mail somebody each digest before it goes out, or no more. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        user = _by_id(session, user_id)
        if user.wants_proofs is not is_wanted:
            user.wants_proofs = is_wanted
            audit.note(session, by, f"user.proofs_{'on' if is_wanted else 'off'}", now, user=user.id)


def change_password(parts: Parts, of: Seat, current: str, new: str, now: datetime) -> None:
    """Change it and end every other sitting. Raises DeskError for a wrong or a weak one."""
    with parts.db.writing() as session:
        user = session.get_one(User, of.user_id)
        if not passwords.is_right(user.password_hash, current):
            raise DeskError("password_wrong", "current")
        people.set_password(user, new)
        sittings.end(session, user.id, now, but=of.sitting_id)
        audit.note(session, of.actor, "user.password_changed", now)


def turn_on_second_factor(parts: Parts, of: Seat, secret: str, code: str, now: datetime) -> list[str]:
    """Ask for codes from now on; gives the spare codes, once. Raises DeskError for a wrong code, or where they are."""
    step = second_factor.matching_step(secret, code, now)
    if step is None:
        raise DeskError("code_wrong", "code")
    with parts.db.writing() as session:
        user = session.get_one(User, of.user_id, with_for_update=True)
        if user.totp_sealed:
            # Whoever found a browser open must not put another in its place: it is turned off first.
            raise DeskError("code_wrong", "code")
        spare = second_factor.turn_on(session, user, parts.sealer, secret, step)
        sittings.end(session, user.id, now, but=of.sitting_id)
        audit.note(session, of.actor, "user.second_factor_on", now)
        return spare


def turn_off_second_factor(parts: Parts, of: Seat, current: str, now: datetime) -> None:
    """Ask for codes no more. Raises DeskError for a wrong password or, where none is asked for, a wrong code."""
    with parts.db.writing() as session:
        user = session.get_one(User, of.user_id)
        asks_password = bool(user.password_hash) and not parts.settings.oidc_require
        if not asks_password and not second_factor.take(session, user, parts.sealer, current, now):
            raise DeskError("code_wrong", "current")
        if asks_password and not passwords.is_right(user.password_hash, current):
            raise DeskError("password_wrong", "current")
        second_factor.turn_off(user)
        audit.note(session, of.actor, "user.second_factor_off", now)


def change_role(parts: Parts, user_id: int, role: Role, by: Actor, now: datetime) -> None:
    """Raises DeskError for the last owner, LookupError for nobody."""
    with parts.db.writing() as session:
        user = _by_id(session, user_id)
        people.change_role(session, user, role)
        audit.note(session, by, "user.role_changed", now, user=user.id, role=role.value)


def disable(parts: Parts, user_id: int, by: Actor, now: datetime) -> None:
    """Let somebody in no more, at once. Raises DeskError for the last owner, LookupError for nobody."""
    with parts.db.writing() as session:
        user = _by_id(session, user_id)
        people.disable(session, user, now)
        sittings.end(session, user.id, now)
        audit.note(session, by, "user.disabled", now, user=user.id)


def _user(session: Session, address: str) -> User | None:
    try:
        key = check_address(address).key
    except AddressInvalid:
        return None
    return session.scalar(select(User).where(User.address == key))


def _by_id(session: Session, user_id: int) -> User:
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise LookupError(user_id)
    return user
