"""Our own shape, for any other provider and whatever script stands between (docs/feedback.md)."""

from collections.abc import Iterator
from typing import Any

from notifier.domain.returns.event import Told
from notifier.domain.returns.providers.heard import Heard, moment, refusal, several, text
from notifier.domain.returns.words import EventKind

_REFUSALS = {EventKind.BOUNCED.value: True, EventKind.DELAYED.value: False}
_KINDS = {one.value: one for one in EventKind}


def read(body: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    """What the `events` of one request say."""
    for event in several(body, "events"):
        kind, at, clue = text(event, "event"), moment(text(event, "at")), text(event, "message_id")
        if kind in _REFUSALS:
            yield refusal(clue, Told(text(event, "detail"), text(event, "status"), _REFUSALS[kind]), at)
        elif kind in _KINDS:
            yield Heard(clue, _KINDS[kind], at)
