"""Signed requests from a site, as standardwebhooks.com describes them: who signed, when, and whether it is new."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

REMEMBERED_MAX: Final = 500
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURES_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Hook:
    """One signed request."""

    id: str
    timestamp: int


def secret_text(key: bytes) -> str:
    """A signing key as it is shown and pasted: `whsec_…`."""
    return f"whsec_{b64encode(key).decode()}"


def key_of_text(text: str) -> bytes | None:
    """The signing key that `secret_text` showed; None for what it did not."""
    try:
        return b64decode(text.removeprefix("whsec_"), validate=True) if text.startswith("whsec_") else None
    except ValueError:
        return None


def sign(key: bytes, hook: Hook, body: bytes) -> str:
    """The value of the `webhook-signature` header."""
    mac = hmac.new(key, b"%s.%d.%s" % (hook.id.encode(), hook.timestamp, body), hashlib.sha256)
    return f"v1,{b64encode(mac.digest()).decode()}"


def read(
    headers: Mapping[str, str], body: bytes, keys: Iterable[bytes], now: datetime, tolerance_s: int
) -> Hook | None:
    """The request, if one of these keys signed it and its time is near ours; None for any other."""
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(name) or not _TIMESTAMP.fullmatch(at):
        return None
    hook = Hook(name, int(at))
    given = headers.get("webhook-signature", "").split(" ")[:_SIGNATURES_MAX]
    right = [sign(key, hook, body).encode() for key in keys]
    is_signed = any(hmac.compare_digest(one, two.encode(errors="replace")) for one in right for two in given)
    return hook if is_signed and abs(now.timestamp() - hook.timestamp) <= tolerance_s else None


def remembered(before: Sequence[str], hook: Hook, now: datetime, tolerance_s: int) -> list[str] | None:
    """What to remember once this request is heeded; None where it was heeded already.

    What is forgotten is too old to be read, and where there were too many, whatever is no newer than they were counts
    as heeded: each only says "there is news", and a newer one said it since.
    """
    known = [(int(at), name) for at, _, name in (one.partition(":") for one in before)]
    floor = max((at for at, name in known if not name), default=-1)
    if hook.timestamp <= floor or (hook.timestamp, hook.id) in known:
        return None
    recent = sorted(one for one in [*known, (hook.timestamp, hook.id)] if one[0] >= now.timestamp() - tolerance_s)
    if len(recent) > REMEMBERED_MAX:
        cut = recent[-REMEMBERED_MAX // 2][0]
        recent = [(cut, ""), *(one for one in recent if one[0] > cut)]
    return [f"{at}:{name}" for at, name in recent]
