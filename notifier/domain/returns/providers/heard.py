"""One thing that a provider says of one letter, and how its JSON is read without believing its shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from notifier.domain.returns.event import Returned, Told
from notifier.domain.returns.words import EventKind

OLDEST: Final = timedelta(days=30)
TEXT_MAX: Final = 4000


@dataclass(frozen=True, slots=True)
class Heard:
    """What happened to the letter that `clue` names; `told` where it was refused."""

    clue: str = field(repr=False)
    """Wherever the provider repeats our Message-ID or mark."""
    kind: EventKind
    at: datetime | None = None
    told: Told | None = None

    def returned(self, delivery_id: int, now: datetime, source: str) -> Returned:
        """The event, at the moment that the provider names where that can be."""
        at = self.at if self.at and now - OLDEST <= self.at <= now else now
        if self.told is not None:
            return self.told.returned(delivery_id, at, source)
        return Returned(delivery_id, self.kind, at, source)


def refusal(clue: str, told: Told, at: datetime | None) -> Heard:
    """A bounce, or a delay where it is not final."""
    return Heard(clue, EventKind.BOUNCED if told.is_final else EventKind.DELAYED, at, told)


def part(value: Any, *names: str) -> Any:  # noqa: ANN401 - JSON
    """What stands there; None where nothing does."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text(value: Any, *names: str) -> str:  # noqa: ANN401 - JSON
    """The text or number that stands there, as a text of bounded length; empty for anything else."""
    found = part(value, *names)
    return str(found)[:TEXT_MAX] if isinstance(found, str | int | float) else ""


def several(value: Any, *names: str) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """The items of the list that stands there; one for what is no list, none for nothing."""
    found = part(value, *names)
    if isinstance(found, list):
        yield from found
    elif found is not None:
        yield found


def moment(raw: str) -> datetime | None:
    """A moment as providers write it: seconds or milliseconds since 1970, or ISO 8601; None for anything else."""
    try:
        if raw.replace(".", "", 1).isdecimal():
            seconds = float(raw)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)  # noqa: PLR2004 - the year 5138
        found = datetime.fromisoformat(raw)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
