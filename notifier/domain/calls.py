"""What sites are told of by webhook: the events, how a call is written, and how long it is tried."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from notifier.domain.words import ConsentAction

ASKED_MAX: Final = timedelta(hours=6)
"""Longest pause that a receiver may ask for."""
_HOUR: Final = 3600
PAUSES_S: Final = (5, 300, 1800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 20 * _HOUR)
"""After each try that failed; three days in all (standardwebhooks.com, "Retries")."""
JITTER: Final = 0.1


class HookEvent(StrEnum):
    """What happened, as the receiver reads it."""

    CONFIRMED = "subscriber.confirmed"
    CHANGED = "subscriber.changed"
    UNSUBSCRIBED = "subscriber.unsubscribed"
    SUPPRESSED = "subscriber.suppressed"
    ERASED = "subscriber.erased"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_SUPPRESSED = "delivery.suppressed"
    DELIVERY_EXPIRED = "delivery.expired"
    """It was too old to be news before it could leave."""
    DELIVERY_BOUNCED = "delivery.bounced"
    """It was taken first, and came back."""
    ISSUE_SCHEDULED = "issue.scheduled"
    ISSUE_UNSCHEDULED = "issue.unscheduled"
    ISSUE_SENDING = "issue.sending"
    ISSUE_PAUSED = "issue.paused"
    ISSUE_RESUMED = "issue.resumed"
    ISSUE_SENT = "issue.sent"
    ISSUE_CANCELLED = "issue.cancelled"
    DIGEST_ANNOUNCED = "digest.announced"
    SOURCE_FAILED = "source.failed"
    TEST = "endpoint.test"
    """Sent on demand, whatever the endpoint listens to."""

    @property
    def key(self) -> str:
        """As a key of sentences: no dots."""
        return self.value.replace(".", "_")


OF_CONSENT: Final = {
    ConsentAction.CONFIRMED: HookEvent.CONFIRMED,
    ConsentAction.CHANGED: HookEvent.CHANGED,
    ConsentAction.UNSUBSCRIBED: HookEvent.UNSUBSCRIBED,
    ConsentAction.SUPPRESSED: HookEvent.SUPPRESSED,
}
"""What is told of each line of the record of consent that is told of at all."""
OFFERED: Final = tuple(event for event in HookEvent if event is not HookEvent.TEST)


class CallState(StrEnum):
    """Where a call stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


def pause(attempts: int, dice: float, asked_s: int | None = None) -> timedelta | None:
    """How long to wait after so many tries, at least as long as the receiver asks; None to give up.

    `dice` in [0, 1): calls that failed together do not come back together.
    """
    if attempts > len(PAUSES_S):
        return None
    own = timedelta(seconds=PAUSES_S[max(0, attempts - 1)] * (1 + JITTER * dice))
    return max(own, min(timedelta(seconds=asked_s or 0), ASKED_MAX))


def body_of(event: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The JSON that is signed and posted."""
    told = {"type": event, "timestamp": at.isoformat(), "data": dict(data)}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
