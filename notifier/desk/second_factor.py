"""The second factor: codes of an authenticator (RFC 6238), and spare ones for the day it is lost."""

import secrets
from datetime import datetime
from typing import Final

import pyotp
from sqlalchemy import update
from sqlalchemy.orm import Session

from notifier.db import affected
from notifier.domain.sealing import Sealer
from notifier.domain.text.digits import western
from notifier.domain.tokens import token_hash
from notifier.models import User

STEP_S: Final = 30
SPARE_CODES: Final = 8
ISSUER: Final = "notifier"


def new_secret() -> str:
    """160 random bits, as authenticators read them (RFC 4226, section 4)."""
    return pyotp.random_base32()


def address_of(secret: str, user: User) -> str:
    """What the picture that an authenticator scans says."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.address, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The 30 seconds a code belongs to: these, or those just before or after; None for a wrong one."""
    totp, digits = pyotp.TOTP(secret), western(code).replace(" ", "")
    current = int(now.timestamp()) // STEP_S
    for step in (current, current - 1, current + 1):
        if digits.isascii() and secrets.compare_digest(totp.at(step * STEP_S), digits):
            return step
    return None


def turn_on(session: Session, user: User, sealer: Sealer, secret: str, step: int) -> list[str]:
    """Ask this user for codes of that secret from now on; gives their spare codes, once."""
    spare = ["-".join(secrets.token_hex(5)[i : i + 5] for i in (0, 5)) for _ in range(SPARE_CODES)]
    user.totp_sealed = sealer.seal(secret, f"totp:{user.id}")
    user.totp_step = step
    user.spare_hashes = [token_hash(code) for code in spare]
    session.flush()
    return spare


def turn_off(user: User) -> None:
    """Ask no more."""
    user.totp_sealed, user.spare_hashes = "", []


def take(session: Session, user: User, sealer: Sealer, code: str, now: datetime) -> bool:
    """Use a code of the authenticator, or a spare one: none counts twice, however many try at once."""
    secret = sealer.open(user.totp_sealed, f"totp:{user.id}")
    step = matching_step(secret, code, now) if secret else None
    if step is not None:
        later = update(User).where(User.id == user.id, User.totp_step < step).values(totp_step=step)
        return affected(session, later) == 1
    session.refresh(user, ["spare_hashes"], with_for_update=True)
    spare = token_hash(western(code).strip().lower())
    if spare not in user.spare_hashes:
        return False
    user.spare_hashes = [one for one in user.spare_hashes if one != spare]
    return True
