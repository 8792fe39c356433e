"""How providers prove that a request is theirs; without a key that we were given nothing is proven."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from notifier.domain import webhook
from notifier.domain.returns.providers.heard import text

_TOKEN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Stamp:
    """A signature and the seconds that it covers, as their headers have them."""

    signature: str
    seconds: str


def of_mailgun(body: bytes, key: str, now: datetime, tolerance_s: int) -> bool:
    """HMAC-SHA256 over timestamp and token, which stand in the body; whether the token is new, is asked elsewhere."""
    try:
        signed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    seconds, token, given = (text(signed, "signature", name) for name in ("timestamp", "token", "signature"))
    if not key or not token or len(token) > _TOKEN_MAX:
        return False
    right = hmac.new(key.encode(), f"{seconds}{token}".encode(errors="replace"), hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), given.encode(errors="replace")) and _is_fresh(seconds, now, tolerance_s)


def of_sendgrid(stamp: Stamp, body: bytes, key: str, now: datetime, tolerance_s: int) -> bool:
    """ECDSA over the timestamp and the body."""
    try:
        public = load_der_public_key(b64decode(key, validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        signed = stamp.seconds.encode(errors="replace") + body
        public.verify(b64decode(stamp.signature, validate=True), signed, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return _is_fresh(stamp.seconds, now, tolerance_s)


def is_basic(given: str, login: str) -> bool:
    """HTTP Basic (RFC 7617) with this `name:password`."""
    right = f"Basic {b64encode(login.encode()).decode()}"
    return ":" in login and hmac.compare_digest(given.encode(errors="replace"), right.encode())


def of_hook(headers: Mapping[str, str], body: bytes, keys: Iterable[bytes], now: datetime, tolerance_s: int) -> bool:
    """As standardwebhooks.com describes it."""
    return webhook.read(headers, body, keys, now, tolerance_s) is not None


def _is_fresh(seconds: str, now: datetime, tolerance_s: int) -> bool:
    return seconds.isdecimal() and len(seconds) < 12 and abs(now.timestamp() - int(seconds)) <= tolerance_s  # noqa: PLR2004 - digits of any moment we may live to see
