"""What another plugin's readers had asked for, in our words; and why a row of its tables is not taken."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from notifier.domain.words import OldLinkKind

ARTICLE_GUID: Final = "{home}/?p={post}"
COMMENT_GUID: Final = "{article}#comment-{comment}"
_RESERVED: Final = ("invalid", "local", "localhost", "test", "example", "internal", "lan", "home.arpa")
"""Names that no mail can reach (RFC 2606, 6761, 6762, 8375)."""
PLACEHOLDERS: Final = frozenset({*_RESERVED, "example.com", "example.net", "example.org"})
"""Domains that plugins make addresses up in; whatever stands under them too."""


class Skip(StrEnum):
    """Why a row is not taken; the words of the report."""

    UNREADABLE = "unreadable"
    """Not as many fields as the table has columns, or bytes that are no text."""
    ID = "bad_id"
    KIND = "bad_kind"
    CONFIRM = "bad_confirm"
    DATE = "bad_date"
    ADDRESS = "bad_address"
    NAME = "no_name"
    """The author who is followed has neither an address nor a name."""
    TOPIC = "bad_topic"
    UNCONFIRMED = "unconfirmed"
    SUSPENDED = "suspended"
    PLACEHOLDER = "placeholder"
    DUPLICATE = "duplicate"
    """An earlier row asked for the same; its links work all the same."""
    SUPPRESSED = "suppressed"
    LEFT = "left"
    """The reader has ended this subscription, or all of them, here."""


@dataclass(frozen=True, slots=True)
class Guids:
    """How the ids of a WordPress site make our guids: the one contract between a source and a take-over.

    A pattern for articles with `{post}`, and one for comments with `{comment}` and `{post}` or `{article}`.
    WordPress itself writes both so in its feeds. Raises ValueError for a pattern without what makes it unique.
    """

    article_pattern: str
    comment_pattern: str = COMMENT_GUID

    def __post_init__(self) -> None:
        if self.article(1) == self.article(2):
            raise ValueError("an article's guid needs {post} in it")
        if self.comment(1, 1) == self.comment(1, 2):
            raise ValueError("a comment's guid needs {comment} in it")

    @classmethod
    def of(cls, home: str) -> "Guids":
        """The guids of a site with this home page."""
        return cls(ARTICLE_GUID.replace("{home}", home.rstrip("/")))

    def article(self, post: int) -> str:
        """`https://site/?p=164`."""
        return self.article_pattern.replace("{post}", str(post))

    def comment(self, post: int, comment: int) -> str:
        """`https://site/?p=164#comment-9`."""
        whole = self.comment_pattern.replace("{article}", self.article(post)).replace("{post}", str(post))
        return whole.replace("{comment}", str(comment))


@dataclass(frozen=True, slots=True)
class OldLink:
    """What the plugin's letters call a row: its id, and the key that proves a link."""

    kind: OldLinkKind
    number: int
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One confirmed row: who asked for which topic, since when, and where that is written."""

    place: str
    """The table or file, and the row in it."""
    address: str = field(repr=False)
    address_key: str = field(repr=False)
    topic: str
    article: str
    """The article's guid; empty where the topic is no discussion."""
    at: datetime | None
    """When they asked; None where the table does not know."""
    name: str = ""
    label: str = ""
    origin: str = ""
    """Another plugin that the row came from before, as the table tells it."""
    link: OldLink | None = None
    followed: str = field(default="", repr=False)
    """The canonical address of somebody whose comments are meant: only the site can make the topic, `topic` is their
    by-line."""
    beside: str = ""
    """Another topic of the same wish: the by-line, where the followed person writes articles too."""
    is_implicit: bool = False
    """Whether the plugin had ticked the box beforehand."""

    @property
    def topics(self) -> tuple[str, ...]:
        """All that this row brings."""
        return (self.topic, self.beside) if self.beside else (self.topic,)


def is_placeholder(address_key: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a canonical address is in a domain that nobody has, or one of `more`."""
    labels = address_key.rpartition("@")[2].split(".")
    domains = (".".join(labels[n:]) for n in range(len(labels)))
    return any(domain in PLACEHOLDERS or domain in more for domain in domains)
