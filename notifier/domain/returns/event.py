"""What one server, mailbox or provider told of one delivery, in one shape, whoever told it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from notifier.domain.returns.classify import Verdict, classify
from notifier.domain.returns.words import BounceClass, EventKind

DETAIL_MAX: Final = 500
_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]+")
"""What a database cannot hold, half a surrogate pair for one, and what nobody reads."""


@dataclass(frozen=True, slots=True)
class Returned:
    """That something became known of a delivery; kept as one `DeliveryEvent`."""

    delivery_id: int
    kind: EventKind
    at: datetime
    source: str
    """Who told: `smtp`, `mail`, or a provider's name."""
    why: BounceClass | None = None
    """Of a bounce or a delay."""
    status: str = ""
    detail: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """What makes it one: the same told again, or by somebody else as well, is the same event."""
        return f"{self.kind}/{self.why}" if self.why else self.kind.value

    @property
    def verdict(self) -> Verdict | None:
        """Why a letter was refused; None for what is no refusal."""
        if self.why is None:
            return None
        return Verdict(self.why, self.status, is_final=self.kind is EventKind.BOUNCED)


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as it was told, before it is judged: `is_final` as whoever told it says."""

    text: str = field(repr=False)
    status: str = ""
    is_final: bool = True
    otherwise: BounceClass | None = None
    """What the teller calls it, where words and status tell nothing."""

    def returned(self, delivery_id: int, at: datetime, source: str) -> Returned:
        """The event that it is."""
        found = classify(self.text, self.status)
        why = found.why
        if why is BounceClass.UNKNOWN and self.otherwise and not found.is_policy:
            why = self.otherwise
        if why is BounceClass.AUTO_REPLY:
            return Returned(delivery_id, EventKind.ANSWERED, at, source)
        said = _UNSTORABLE.sub(" ", self.text[:DETAIL_MAX])
        kind = EventKind.BOUNCED if self.is_final else EventKind.DELAYED
        return Returned(delivery_id, kind, at, source, why, found.status, said)
