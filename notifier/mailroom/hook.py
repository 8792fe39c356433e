"""Mail by a provider's webhook: the raw mail in the body, signed as our other webhooks are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from notifier.domain import webhook
from notifier.mailroom.taking import take_raw
from notifier.mailroom.verdict import Verdict
from notifier.parts import Parts

PURPOSE: Final = "inbound"


def key_of(parts: Parts) -> bytes:
    """The key that a provider, or the script between it and us, signs with."""
    return parts.signer.keys_for(PURPOSE, 0)[0]


def heed(parts: Parts, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict | None:
    """Take in a mail that was signed just now; None for whatever was not. The same mail again changes nothing more."""
    keys = parts.signer.keys_for(PURPOSE, 0)
    hook = webhook.read(headers, body, keys, now, parts.settings.hook_tolerance_s)
    return take_raw(parts, body, now) if hook is not None else None
