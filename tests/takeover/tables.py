"""wpDiscuz's tables as CSV: both shapes, made of tuples."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from notifier.sources.wpdiscuz.table import FOLLOWS, POSTMETA, SUBSCRIPTIONS

OLD_SUBSCRIPTIONS = SUBSCRIPTIONS.columns[:-1]
"""As of 2015: no `imported_from`."""
KEY = "0123456789abcdef0123456789abcdef"
WHEN = "2023-05-04 10:00:00"


def subscription(number: int, email: str, kind: str = "post", about: int = 164, **given: str) -> tuple[str, ...]:
    """A row of `wc_comments_subscription`."""
    values = {
        "id": str(number), "email": email, "subscribtion_id": str(about), "post_id": "164", "subscribtion_type": kind,
        "activation_key": KEY, "confirm": "1", "subscription_date": WHEN, "imported_from": "", **given,
    }  # fmt: skip
    return tuple(values[name] for name in SUBSCRIPTIONS.columns)


def follow(number: int, email: str, author: str = "د. سعاد العزاوي", **given: str) -> tuple[str, ...]:
    """A row of `wc_follow_users`."""
    values = {
        "id": str(number), "post_id": "164", "user_id": "7", "user_email": "suad@rafidain.iq", "user_name": author,
        "follower_id": "0", "follower_email": email, "follower_name": "ليلى", "activation_key": KEY, "confirm": "1",
        "follow_timestamp": "1683194400", "follow_date": WHEN, **given,
    }  # fmt: skip
    return tuple(values[name] for name in FOLLOWS.columns)


def meta(number: int, email: str, value: str, post: int = 164) -> tuple[str, ...]:
    """A row of `postmeta`, as Subscribe to Comments Reloaded writes it."""
    return str(number), str(post), f"_stcr@_{email}", value


def write(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """An export; without columns, as phpMyAdmin makes one unless it is asked."""
    with path.open("w", newline="", encoding=encoding) as stream:
        lines = csv.writer(stream, delimiter=delimiter)
        if columns:
            lines.writerow(columns)
        lines.writerows(row[: len(columns) or None] for row in rows)
    return path


__all__ = [
    "FOLLOWS",
    "KEY",
    "OLD_SUBSCRIPTIONS",
    "POSTMETA",
    "SUBSCRIPTIONS",
    "follow",
    "meta",
    "subscription",
    "write",
]
