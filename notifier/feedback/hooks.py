"""Tokens of providers' webhooks that were used: a signature over a token alone must not be good for a second body."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.models import UsedToken

KEPT: Final = timedelta(days=2)
"""Longer than any token is fresh."""


def use(session: Session, provider: str, token: str, now: datetime) -> bool:
    """Use a token up; False where it was used already."""
    hashed = sha256(f"{provider} {token}".encode()).hexdigest()
    new = upsert(session, UsedToken).values(token_hash=hashed, at=now).on_conflict_do_nothing()
    return bool(affected(session, new))


def purge(session: Session, now: datetime) -> None:
    """Forget tokens that are too old to be heard anyway."""
    session.execute(delete(UsedToken).where(UsedToken.at < now - KEPT))
