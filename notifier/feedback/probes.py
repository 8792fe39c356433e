"""Letters to ourselves: sent to a return path of our own, and noted when they come back by whatever way mail comes."""

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy.orm import Session

from notifier.domain.links import BOUNCE, VERP
from notifier.domain.tokens import Signer
from notifier.feedback import hooks
from notifier.models import UsedToken

FIRST: Final = 2**62
"""No delivery ever has a number from here on."""
_KIND: Final = "probe"


def number() -> int:
    """Of a new probe; nobody guesses it."""
    return FIRST + secrets.randbits(61)


def is_probe(delivery_id: int) -> bool:
    """Whether a return path is that of a probe."""
    return delivery_id >= FIRST


def path(signer: Signer, probe: int, bounce_domain: str) -> str:
    """Its return path, made as those of letters are."""
    return f"{BOUNCE}+{probe}.{signer.short(VERP, probe)}@{bounce_domain}"


def note(session: Session, probe: int, now: datetime) -> None:
    """It came back."""
    hooks.use(session, _KIND, str(probe), now)


def has_come(session: Session, probe: int) -> bool:
    """Whether it came back."""
    hashed = sha256(f"{_KIND} {probe}".encode()).hexdigest()
    return session.get(UsedToken, hashed) is not None
