"""A delivery as its claim found it."""

from datetime import datetime
from typing import NamedTuple

from notifier.domain.words import LetterKind


class Owed(NamedTuple):
    """One letter owed to one person, claimed and not yet looked at."""

    id: int
    letter_id: int
    subscriber_id: int | None
    """None for somebody who was erased."""
    kind: LetterKind
    about_id: int
    created_at: datetime
