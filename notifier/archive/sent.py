"""What may be filed: something that a list was sent, with nothing in it that came from any of its readers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists

from notifier.domain.words import Frequency, LetterKind, State
from notifier.models import Archived, Tally

LOOKS_BACK: Final = timedelta(days=3)
"""Longer than any letter of a list is kept for sending."""
FILED_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """Something a list was sent, and what it showed."""

    site_id: int
    kind: LetterKind
    about_id: int
    at: datetime
    item_ids: tuple[int, ...]
    frequency: Frequency | None = None
    data: dict[str, Any] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    """Whom it was for, where that was not everybody."""


def is_new(kind: LetterKind, about_id: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:  # noqa: ANN401 - a column
    """That the first copy has left, and that it is not filed yet."""
    left = exists().where(Tally.kind == kind, Tally.about_id == about_id, Tally.entry == State.SENT.value)
    filed = exists().where(Archived.kind == kind, Archived.about_id == about_id)
    return left, ~filed
