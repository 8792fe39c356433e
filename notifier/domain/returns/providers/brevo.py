"""Brevo's transactional webhooks: our Message-ID as `message-id`."""

from collections.abc import Iterator
from typing import Any, Final

from notifier.domain.returns.event import Told
from notifier.domain.returns.providers.heard import Heard, moment, refusal, several, text
from notifier.domain.returns.words import BounceClass, EventKind

_KINDS: Final = {
    "delivered": EventKind.DELIVERED,
    "spam": EventKind.COMPLAINED,
    "complaint": EventKind.COMPLAINED,
    "unsubscribed": EventKind.LEFT,
}
_REFUSALS: Final = {
    "hard_bounce": (True, BounceClass.BAD_ADDRESS),
    "soft_bounce": (False, BounceClass.TEMPORARY),
    "deferred": (False, BounceClass.TEMPORARY),
    "invalid_email": (True, BounceClass.BAD_ADDRESS),
    "blocked": (True, BounceClass.UNKNOWN),
    "error": (True, BounceClass.UNKNOWN),
}


def read(body: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    """What one request, or a batch, says."""
    for event in several({"all": body}, "all"):
        kind, at = text(event, "event"), moment(text(event, "ts_epoch") or text(event, "ts_event"))
        clue = text(event, "message-id")
        if kind in _KINDS:
            yield Heard(clue, _KINDS[kind], at)
        elif kind in _REFUSALS:
            is_final, otherwise = _REFUSALS[kind]
            yield refusal(clue, Told(text(event, "reason"), "", is_final, otherwise), at)
