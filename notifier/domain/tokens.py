"""Links that prove themselves: purpose-bound, never expiring, verified without a look-up."""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

MAC_BYTES: Final = 18
"""144 bits, which are 24 characters of base64 without padding."""
SHORT_BYTES: Final = 8
"""64 bits: what VERP asks for."""
LOCAL_BYTES: Final = 15
"""120 bits, which are 24 characters of base32 without padding."""
_LOCAL: Final = re.compile(r"([1-9][0-9]{0,18})\.([a-z2-7]{24})")

_SHORT: Final = re.compile(r"([1-9][0-9]{0,18})\.([0-9a-f]{16})")

KEY_BYTES: Final = 32
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
"""As `urlsafe_b64encode` has it, which takes twice as long."""
ADDRESS_HASH_CHARACTERS: Final = 64


class Signer:
    """Signs ids for one purpose with keyed BLAKE2b (RFC 7693); the first key signs, every key verifies."""

    def __init__(self, keys: Sequence[str]) -> None:
        # As long as BLAKE2b takes a key, whatever its length in the settings.
        self._keys = [blake2b(key.encode()).digest() for key in keys]

    def sign(self, purpose: str, *ids: int) -> str:
        """A URL-safe token such as `5.81.kX3…`, good for this purpose only."""
        plain = ".".join(map(str, ids))
        return f"{plain}.{_mac(self._keys[0], purpose, plain)}"

    def read(self, purpose: str, token: str) -> tuple[int, ...] | None:
        """The ids of a token that one of our keys made for this purpose; None for anything else."""
        plain = self._proven(purpose, token)
        return None if plain is None else tuple(int(part) for part in plain.split("."))

    def seal(self, purpose: str, text: str) -> str:
        """A URL-safe token that holds a text, good for this purpose only; anybody can read it, nobody change it."""
        plain = urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{plain}.{_mac(self._keys[0], purpose, plain)}"

    def open(self, purpose: str, token: str) -> str | None:
        """The text of a token that one of our keys sealed for this purpose; None for anything else."""
        plain = self._proven(purpose, token)
        return None if plain is None else urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode()

    def short(self, purpose: str, number: int) -> str:
        """A 64-bit MAC in lower-case letters and digits, for Message-IDs and VERP, where case may be lost."""
        return _short_mac(self._keys[0], purpose, number)

    def read_short(self, purpose: str, token: str) -> int | None:
        """The number of `81.` and its 64-bit MAC by one of our keys, in any case; None for anything else."""
        found = _SHORT.fullmatch(token.lower())
        if found is None:
            return None
        number = int(found[1])
        is_ours = any(hmac.compare_digest(_short_mac(key, purpose, number), found[2]) for key in self._keys)
        return number if is_ours else None

    def sign_local(self, purpose: str, number: int) -> str:
        """A token such as `81.mzxw6ytb…` for the local part of an address: 44 octets at most, and case may be lost."""
        return f"{number}.{_local_mac(self._keys[0], purpose, number)}"

    def read_local(self, purpose: str, token: str) -> int | None:
        """The number of a token that one of our keys made for this purpose, in any case; None for anything else."""
        found = _LOCAL.fullmatch(token.lower())
        if found is None:
            return None
        number = int(found[1])
        is_ours = any(hmac.compare_digest(_local_mac(key, purpose, number), found[2]) for key in self._keys)
        return number if is_ours else None

    def _proven(self, purpose: str, token: str) -> str | None:
        plain, _, mac = token.rpartition(".")
        is_ours = any(
            hmac.compare_digest(_mac(key, purpose, plain).encode(), mac.encode(errors="surrogatepass"))
            for key in self._keys
        )
        return plain if is_ours else None

    def keys_for(self, purpose: str, number: int) -> tuple[bytes, ...]:
        """A key that somebody else shall sign with, derived from each of ours; the first is the one to give away."""
        macs = [_keyed(key, purpose, KEY_BYTES).copy() for key in self._keys]
        for mac in macs:
            mac.update(b"%d" % number)
        return tuple(mac.digest() for mac in macs)


def new_token() -> str:
    """256 random bits, URL-safe: what a confirmation letter carries."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a random token. Unsalted is right: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def address_hash(pepper: str, address_key: str) -> str:
    """A site's keyed hash of a canonical address."""
    return hmac.digest(pepper.encode(), address_key.encode(), "sha256").hex()


def is_hash(text: str) -> bool:
    """Whether a text can be such a hash; no address can."""
    return len(text) == ADDRESS_HASH_CHARACTERS and not set(text) - set("0123456789abcdef")


def _mac(key: bytes, purpose: str, plain: str) -> str:
    mac = _keyed(key, purpose, MAC_BYTES).copy()
    mac.update(plain.encode(errors="surrogatepass"))
    return b2a_base64(mac.digest(), newline=False).translate(_URL_SAFE).decode()


def _short_mac(key: bytes, purpose: str, number: int) -> str:
    mac = _keyed(key, purpose, SHORT_BYTES).copy()
    mac.update(b"%d" % number)
    return mac.hexdigest()


def _local_mac(key: bytes, purpose: str, number: int) -> str:
    mac = _keyed(key, purpose, LOCAL_BYTES).copy()
    mac.update(b"%d" % number)
    return b32encode(mac.digest()).decode().lower()


# A letter carries five of them: the key is taken in once for each purpose.
@lru_cache(maxsize=64)
def _keyed(key: bytes, purpose: str, size: int) -> blake2b:
    return blake2b(key=key, digest_size=size, person=purpose.encode())
