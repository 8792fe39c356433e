"""Let people into the desk by an account at a provider: it says who they are, the desk whether they may enter."""

from datetime import datetime
from typing import Final

from notifier.desk import audit, bindings, sittings
from notifier.desk.audit import Actor
from notifier.desk.provider.account import Account, NotProven
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import NoEntry
from notifier.models import User
from notifier.parts import Parts

STRANGER: Final = Actor("provider")
"""Whom the log names while nobody is known yet."""


def enter(parts: Parts, account: Account, browser: Browser, now: datetime) -> str:
    """Sit down; gives the cookie's token. The first time the account is bound to its user. Raises NotProven."""
    with parts.db.writing() as session:
        user = bindings.user_of(session, account)
        if user is None:
            user = bindings.bind(session, account, now)
            audit.note(session, Actor.user(user.id), "user.bound", now, user=user.id)
        elif user.disabled_at:
            raise NotProven(NoEntry.DISABLED)
        token = sittings.begin(session, user, browser, now, has_second_factor=account.has_second_factor)
        if account.has_second_factor or not user.totp_sealed:
            audit.note(session, Actor.user(user.id), "user.logged_in", now, by="provider")
        return token


def refuse(parts: Parts, why: NoEntry, now: datetime) -> None:
    """Write down that somebody was not let in."""
    with parts.db.writing() as session:
        audit.note(session, STRANGER, "user.refused", now, why=why.value)


def unlink(parts: Parts, user_id: int, by: Actor, now: datetime) -> bool:
    """Forget a user's account at the provider, and end what was begun with it; False where there was none.

    Their next sign-in binds anew, by an address that the provider vouches for. Raises LookupError for nobody.
    """
    with parts.db.writing() as session:
        if session.get(User, user_id) is None:
            raise LookupError(user_id)
        if not bindings.unbind(session, user_id):
            return False
        sittings.end(session, user_id, now)
        audit.note(session, by, "user.unlinked", now, user=user_id)
        return True
