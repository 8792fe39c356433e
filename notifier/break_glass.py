"""An owner's way into the desk from the command line, for the day when a password or the provider is lost."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from notifier.desk import audit, sittings
from notifier.desk.audit import Actor
from notifier.desk.people import DeskError
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from notifier.models import Sitting, User
from notifier.parts import Parts

PURPOSE: Final = "desk enter"


def open_way(parts: Parts, address_key: str, by: Actor, now: datetime) -> str:
    """A token that lets an owner in once, within `sittings.HALF`. Raises DeskError for whoever is no owner."""
    with parts.db.writing() as session:
        user = session.scalar(select(User).where(User.address == address_key, User.disabled_at.is_(None)))
        if user is None or user.role is not Role.OWNER:
            raise DeskError("not_an_owner")
        # Half a sitting that no browser has the cookie of: it ends by itself, and can be claimed once.
        waiting = sittings.wait_for(session, user, now)
        audit.note(session, by, "user.way_opened", now, user=user.id)
        return parts.signer.sign(PURPOSE, waiting)


def is_open(parts: Parts, token: str, now: datetime) -> bool:
    """Whether a token still lets somebody in."""
    read = parts.signer.read(PURPOSE, token)
    with parts.db.reading() as session:
        found = session.get(Sitting, read[0]) if read else None
        return found is not None and found.ended_at is None and found.created_at + sittings.HALF > now


def take(parts: Parts, token: str, browser: Browser, now: datetime) -> str | None:
    """Sit down by such a token; gives the cookie's, None for one that was used or is too old.

    A second factor that is on is still asked for.
    """
    read = parts.signer.read(PURPOSE, token)
    if read is None:
        return None
    with parts.db.writing() as session:
        user = sittings.claim(session, read[0], now)
        if user is None or user.role is not Role.OWNER:
            return None
        if not user.totp_sealed:
            audit.note(session, Actor.user(user.id), "user.logged_in", now, by="command line")
        return sittings.begin(session, user, browser, now)
