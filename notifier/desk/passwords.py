"""Passwords: Argon2id, and which ones are too weak to be one."""

from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 200
LEAST_DISTINCT: Final = 5
# What OWASP asks for at least: 19 MiB, two passes, one lane; a small machine has several at once.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def weakness(password: str, address: str) -> str:
    """Why a password cannot be one, as a key of the desk's sentences; empty for one that can (NIST SP 800-63B)."""
    if len(password) < LEAST_CHARACTERS:
        return "password_short"
    if len(password) > MOST_CHARACTERS:
        return "password_long"
    folded = password.casefold()
    if len(set(folded)) < LEAST_DISTINCT or folded in {address.casefold(), address.partition("@")[0].casefold()}:
        return "password_simple"
    return ""


def hashed(password: str) -> str:
    """What the database keeps of it."""
    return _HASHER.hash(password.encode(errors="surrogatepass"))


def is_right(password_hash: str, password: str) -> bool:
    """Whether this is the password; without any to compare with it takes as long."""
    try:
        _HASHER.verify(password_hash or _nobodys(), password[:MOST_CHARACTERS].encode(errors="surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@lru_cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this one")
