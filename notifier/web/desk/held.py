"""What is held against an address, in the words of a page: the score, the limit, and each refusal with its day."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from notifier.domain.returns.standing import Standing
from notifier.domain.returns.words import BounceClass
from notifier.web.edge import Edge

_CLASSES: Final = frozenset({BounceClass.BAD_ADDRESS, BounceClass.INACTIVE, BounceClass.FULL, BounceClass.TEMPORARY})
"""All that is ever held against an address."""


class Refusal(NamedTuple):
    """One letter that came back."""

    day: datetime | None
    """In UTC, as it was noted."""
    why: str
    """A `BounceClass`; empty for what is none."""
    code: str
    """Such as `4.2.2` (RFC 3463); the whole text where it is told in another form."""


def told(edge: Edge, held: Standing) -> dict[str, Any]:
    """The values that `held.html` takes; the newest refusal first."""
    refusals = [_refusal(text) for text in reversed(held.reasons)]
    limit = edge.parts.settings.soft_bounces_max
    return {"score": round(held.score, 1), "refusals": refusals, "score_max": limit, "is_held": held != Standing()}


def _refusal(text: str) -> Refusal:
    day, why, code = (*text.split(" ", 2), "", "")[:3]
    try:
        noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
        return Refusal(noon, why if why in _CLASSES else "", code if why in _CLASSES else text)
    except ValueError:
        return Refusal(None, "", text)
