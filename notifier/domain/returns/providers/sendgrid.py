"""SendGrid's event webhook: batches, with our Message-ID as `smtp-id`."""

from collections.abc import Iterator
from typing import Any, Final

from notifier.domain.returns.event import Told
from notifier.domain.returns.providers.heard import Heard, moment, refusal, several, text
from notifier.domain.returns.words import BounceClass, EventKind

_KINDS: Final = {
    "delivered": EventKind.DELIVERED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.LEFT,
    "group_unsubscribe": EventKind.LEFT,
}
_CLASSES: Final = {
    "Invalid Address": BounceClass.BAD_ADDRESS,
    "Reputation": BounceClass.POLICY,
    "Content": BounceClass.CONTENT,
    "Mailbox Unavailable": BounceClass.FULL,
    "Technical Failure": BounceClass.RELAY,
    "Frequency or Volume Too High": BounceClass.POLICY,
}
_DROPS: Final = {
    "Bounced Address": BounceClass.BAD_ADDRESS,
    "Invalid": BounceClass.BAD_ADDRESS,
    "Spam Content (if Spam Checker app is enabled)": BounceClass.CONTENT,
}
_DROPPED: Final = {"Spam Reporting Address": EventKind.COMPLAINED, "Unsubscribed Address": EventKind.LEFT}


def read(body: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    """What one batch says."""
    for event in several({"all": body}, "all"):
        clue, at, kind = text(event, "smtp-id"), moment(text(event, "timestamp")), text(event, "event")
        reason = text(event, "reason") or text(event, "response")
        if kind in _KINDS:
            yield Heard(clue, _KINDS[kind], at)
        elif kind == "dropped" and reason in _DROPPED:
            yield Heard(clue, _DROPPED[reason], at)
        elif kind in {"bounce", "deferred", "dropped"}:
            yield refusal(clue, _told(event, reason), at)


def _told(event: Any, reason: str) -> Told:  # noqa: ANN401 - JSON
    kind = text(event, "event")
    otherwise = _DROPS.get(reason) or _CLASSES.get(text(event, "bounce_classification"))
    if kind == "deferred":
        return Told(reason, text(event, "status"), is_final=False, otherwise=BounceClass.TEMPORARY)
    return Told(reason, text(event, "status"), otherwise=otherwise)
