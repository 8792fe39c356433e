"""Whose an account at a provider is: found by its subject, bound once by an address that the provider vouches for."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.desk.provider.account import Account, NotProven
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.desk_words import NoEntry
from notifier.models import Binding, User


def user_of(session: Session, account: Account) -> User | None:
    """Whose account it is, whatever its address has become; None for an account that was never bound."""
    ours = (Binding.issuer == account.issuer, Binding.subject == account.subject)
    return session.scalar(select(User).join(Binding, Binding.user_id == User.id).where(*ours))


def bind(session: Session, account: Account, now: datetime) -> User:
    """Make it the account of the user with its address, whose invitation is thereby taken up. Raises NotProven."""
    user = _addressed(session, account)
    row = {"user_id": user.id, "issuer": account.issuer, "subject": account.subject, "bound_at": now}
    # The keys say once: of this user no other account, of this account no other user.
    session.execute(upsert(session, Binding).values(**row).on_conflict_do_nothing())
    if (bound := user_of(session, account)) is None or bound.id != user.id:
        raise NotProven(NoEntry.BOUND_OTHERWISE)
    user.name = user.name or account.name.strip()[:200] or user.address.partition("@")[0]
    user.invitation_hash, user.invited_until = "", None
    return user


def unbind(session: Session, user_id: int) -> bool:
    """Forget every account of a user; False where there was none."""
    return affected(session, delete(Binding).where(Binding.user_id == user_id)) > 0


def bound(session: Session) -> set[int]:
    """The ids of all users who have an account at a provider."""
    return set(session.scalars(select(Binding.user_id)))


def _addressed(session: Session, account: Account) -> User:
    if not account.is_address_theirs or not account.address:
        raise NotProven(NoEntry.UNVERIFIED)
    try:
        key = check_address(account.address).key
    except AddressInvalid:
        raise NotProven(NoEntry.UNKNOWN) from None
    user = session.scalar(select(User).where(User.address == key))
    # To the letter: `ſara` is no `sara`, though both have one key, and somebody else may have that mailbox.
    if user is None or account.address.strip().rpartition("@")[0].lower() != key.rpartition("@")[0]:
        raise NotProven(NoEntry.UNKNOWN)
    if user.disabled_at:
        raise NotProven(NoEntry.DISABLED)
    return user
