"""Small secrets that must be read again: sealed with a key of ours, so that a copy of the database gives none away."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class Sealer:
    """AES-256-GCM under keys derived from the signing keys (RFC 5869); the first seals, any opens."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._ciphers = [
            AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=b"notifier sealed secret").derive(key.encode()))
            for key in keys
        ]

    def seal(self, plain: str, about: str) -> str:
        """Seal a text; it opens only as what it is `about`, such as `totp:12`."""
        nonce = os.urandom(NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._ciphers[0].encrypt(nonce, plain.encode(), about.encode())).decode()

    def open(self, sealed: str, about: str) -> str | None:
        """The text; None for what we did not seal, or not about this."""
        try:
            raw = urlsafe_b64decode(sealed.encode())
        except (Base64Error, ValueError):
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode()).decode()
            except (InvalidTag, ValueError):
                continue
        return None
