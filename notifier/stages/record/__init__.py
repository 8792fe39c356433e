"""The ledger: the only place that writes a delivery's state."""

from notifier.stages.record.book import Book
from notifier.stages.record.claims import (
    Claim,
    Span,
    Terms,
    claim,
    expire,
    forget_words,
    is_due,
    is_open,
    postpone,
    retry,
    settle,
    take_back,
)

__all__ = [
    "Book",
    "Claim",
    "Span",
    "Terms",
    "claim",
    "expire",
    "forget_words",
    "is_due",
    "is_open",
    "postpone",
    "retry",
    "settle",
    "take_back",
]
