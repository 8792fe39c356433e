"""The ledger: the only place that writes a delivery's state."""

from notifier.stages.record.book import Book
from notifier.stages.record.claims import (
    Claim,
    Span,
    Terms,
    claim,
    drop,
    expire,
    forget_words,
    hold,
    is_due,
    is_open,
    postpone,
    prolong,
    retry,
    unname,
)
from notifier.stages.record.returned import bounce, bounce_early
from notifier.stages.record.settling import settle, take_back

__all__ = [
    "Book",
    "Claim",
    "Span",
    "Terms",
    "bounce",
    "bounce_early",
    "claim",
    "drop",
    "expire",
    "forget_words",
    "hold",
    "is_due",
    "is_open",
    "postpone",
    "prolong",
    "retry",
    "settle",
    "take_back",
    "unname",
]
