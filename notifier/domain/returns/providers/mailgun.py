"""Mailgun's webhooks (`event-data`): our Message-ID comes back without its brackets."""

from collections.abc import Iterator
from typing import Any

from notifier.domain.returns.event import Told
from notifier.domain.returns.providers.heard import Heard, moment, part, refusal, text
from notifier.domain.returns.words import BounceClass, EventKind

_KINDS = {
    "delivered": EventKind.DELIVERED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.LEFT,
}


def read(body: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    """What one request says."""
    event = part(body, "event-data")
    clue, at = text(event, "message", "headers", "message-id"), moment(text(event, "timestamp"))
    kind = text(event, "event")
    if kind in _KINDS:
        yield Heard(clue, _KINDS[kind], at)
    elif kind in {"failed", "rejected"}:
        yield refusal(clue, _told(event), at)


def _told(event: Any) -> Told:  # noqa: ANN401 - JSON
    said = part(event, "delivery-status")
    words = " ".join(text(said, name) for name in ("code", "message", "description")).strip()
    is_final = text(event, "severity") != "temporary"
    # What it did not even try: on its own lists of bounces and complaints.
    is_listed = text(event, "reason") == "suppress-bounce"
    otherwise = BounceClass.BAD_ADDRESS if is_listed else None if is_final else BounceClass.TEMPORARY
    return Told(words, text(said, "enhanced-code"), is_final, otherwise)
