"""What was seen at a WordPress, as the site numbers it, and what is remembered of earlier looks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind

NUMBER_MAX: Final = 2**63 - 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = Mapping[str, Any]
"""One thing as the API tells it."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """How an article or a comment was last seen; `mark` changes when it does, and "" means "look again"."""

    kind: ItemKind
    number: int
    guid: str
    mark: str
    published_at: datetime
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """Something new or changed; for a comment also the numbers of its article and of what it answers."""

    sighted: Sighted
    item: NewItem
    article: int = 0
    parent: int = 0


class Memory(Protocol):
    """What earlier looks saw."""

    def sighted(self, kind: ItemKind, numbers: Collection[int]) -> dict[int, Sighted]:
        """Those of these numbers that were ever seen."""

    def live_between(self, kind: ItemKind, first: datetime, last: datetime | None) -> dict[int, Sighted]:
        """What was live when last seen and was published in this span; None leaves it open."""


def number(row: Row, key: str = "id") -> int:
    """A number that the site gave; 0 for none."""
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 < value <= NUMBER_MAX else 0


def text(row: Row, key: str) -> str:
    """A text, plain or as `{"rendered": …}`, that a database can hold."""
    value = row.get(key)
    if isinstance(value, dict):
        value = value.get("rendered")
    plain = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return plain.replace("\0", "").encode(errors="replace").decode()


def moment(row: Row, key: str) -> datetime | None:
    """A time that the site told in UTC, with or without saying so; None where it is none."""
    try:
        told = datetime.fromisoformat(text(row, key).strip())
        return max(EPOCH, told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def stamp(at: datetime, back: timedelta = timedelta(0)) -> str:
    """A moment as the API takes it."""
    return f"{(at - back).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
