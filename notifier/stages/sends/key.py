"""What a send is: a digest run, an alert, an issue or a correction; all other letters make one a day and kind."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from notifier.domain.balance import Page
from notifier.domain.words import Frequency, LetterKind

_SLUG: Final = re.compile(
    r"(alert|digest|issue|correction)-([1-9][0-9]{0,17})|([a-z-]+)-(20[0-9]{2}-[01][0-9]-[0-3][0-9])"
)
SHARED: Final = frozenset({LetterKind.ALERT, LetterKind.DIGEST, LetterKind.ISSUE, LetterKind.CORRECTION})
"""Letters about one thing for many; all other kinds are one person's each."""


@dataclass(frozen=True, slots=True)
class SendKey:
    """Names a send: by what it is about or, for letters to one person each, by the day."""

    kind: LetterKind
    about_id: int = 0
    day: str = ""

    @classmethod
    def of(cls, slug: str) -> Self | None:
        """What `digest-12` or `reply-2026-11-23` names; None for other words."""
        if (found := _SLUG.fullmatch(slug)) is None:
            return None
        kind, about, personal, day = found.groups()
        if kind:
            return cls(LetterKind(kind), int(about))
        try:
            datetime.fromisoformat(day)
            return cls(LetterKind(personal), day=day)
        except ValueError:
            return None

    @property
    def slug(self) -> str:
        """As addresses of pages have it."""
        return f"{self.kind.value}-{self.day or self.about_id}"

    @property
    def begins_at(self) -> datetime:
        """The first moment of its day; only of sends that have one."""
        return datetime.fromisoformat(self.day).replace(tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment of the day after."""
        return self.begins_at + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Send:
    """One send: what it is, its balance and where its letters lie."""

    key: SendKey
    page: Page
    first_id: int
    last_id: int
    at: datetime
    """The slot of a digest, when an alert became news, the day of all others."""
    frequency: Frequency | None = None
    title: str = ""
