"""Which deliveries are held back: those of an issue that is paused or cancelled."""

from typing import Final

from sqlalchemy import ColumnElement, select

from notifier.domain.desk_words import IssueState
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Issue

_HELD: Final = select(Issue.id).where(Issue.state.in_([state for state in IssueState if state.is_held]))


def is_free() -> ColumnElement[bool]:
    """That nobody holds a delivery back.

    Asked at the claim and not written into the rows: to pause a million letters is to change one row.
    """
    return (Delivery.kind != LetterKind.ISSUE) | Delivery.about_id.not_in(_HELD)
