"""A table of WordPress's, wherever it is read from: its columns, misspelled as they are, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

MARK = "_stcr@_"
"""What the keys of Subscribe to Comments Reloaded begin with; the address follows."""


class TableError(Exception):
    """A table cannot be read at all; the message is a sentence for whoever typed the command."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table is called after its prefix, and its columns in their order; those not needed may be missing."""

    name: str
    columns: tuple[str, ...]
    needed: frozenset[str]
    key: str = "id"
    mark: str = ""
    """Only rows with this in them are ours; in a table that others use too."""


SUBSCRIPTIONS = Shape(
    "wc_comments_subscription",
    (
        "id", "email", "subscribtion_id", "post_id", "subscribtion_type", "activation_key", "confirm",
        "subscription_date", "imported_from",
    ),
    frozenset({"id", "email", "subscribtion_id", "post_id", "subscribtion_type", "activation_key", "confirm"}),
)  # fmt: skip
"""`imported_from` is new: the table of 2015 has none, nor the index that keeps a row from being there twice."""
FOLLOWS = Shape(
    "wc_follow_users",
    (
        "id", "post_id", "user_id", "user_email", "user_name", "follower_id", "follower_email", "follower_name",
        "activation_key", "confirm", "follow_timestamp", "follow_date",
    ),
    frozenset({"id", "user_name", "follower_email", "activation_key", "confirm"}),
)  # fmt: skip
POSTMETA = Shape(
    "postmeta",
    ("meta_id", "post_id", "meta_key", "meta_value"),
    frozenset({"post_id", "meta_key", "meta_value"}),
    key="meta_id",
    mark=MARK,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: where it stands (a file's line, a table's id), what it says, and how much of the table is read by now."""

    number: int
    values: dict[str, str] | None
    """None where it could not be read."""
    done: int


class Table(Protocol):
    """Rows in their order, read as they are asked for."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def shape(self) -> Shape:
        """What its columns mean."""
        ...

    @property
    def size(self) -> int:
        """What `done` comes to at the end: bytes or rows."""
        ...

    def rows(self) -> Iterator[Row]:
        """Every row, once. Raises TableError when it can go on no more."""
        ...
