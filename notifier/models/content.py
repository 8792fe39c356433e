"""What is published: sites, their sources, items and topics."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, exists, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.traces import Tracking
from notifier.domain.words import Calendar, Digits, ItemKind, ItemState, SourceKind
from notifier.models.base import Base


class Site(Base):
    """A publication: name, language, time zone, sender, colours."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(16), default="ar")
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Baghdad")
    url: Mapped[str] = mapped_column(String(2000), default="")
    sender_name: Mapped[str] = mapped_column(String(200))
    sender_address: Mapped[str] = mapped_column(String(320))
    postal_address: Mapped[str] = mapped_column(String(500), default="")
    colour: Mapped[str] = mapped_column(String(7), default="#0f5c7a")
    logo_url: Mapped[str] = mapped_column(String(2000), default="")
    logo_width: Mapped[int] = mapped_column(default=0)
    """Of the file, in pixels; 0 is unknown, and then the name stands in its place."""
    logo_height: Mapped[int] = mapped_column(default=0)
    digits: Mapped[Digits] = mapped_column(default=Digits.LOCALE)
    calendar: Mapped[Calendar] = mapped_column(default=Calendar.LOCALE)
    digest_hour: Mapped[int] = mapped_column(default=8)
    digest_weekday: Mapped[int] = mapped_column(default=5)
    """0 is Monday; 5, Saturday, opens the Arabic week."""
    sends_welcome: Mapped[bool] = mapped_column(default=True)
    """Whether a reader who has confirmed gets a letter that says what they will get."""
    sends_goodbye: Mapped[bool] = mapped_column(default=False)
    """Whether one who ended everything on our page gets a letter that undoes it."""
    tracking: Mapped[Tracking] = mapped_column(default=Tracking.OFF)
    """What it may learn of opens and clicks."""
    pepper: Mapped[str] = mapped_column(String(64))
    """Random, never changed: keys the address hashes, so that a suppression outlives key rotation."""
    origins: Mapped[list[str]] = mapped_column(default=list)
    """Where else than at `url` its subscribe box may stand, such as `https://m.rafidain.example`."""
    has_archive: Mapped[bool] = mapped_column(default=True)
    """Whether what was sent can be read by everybody, at `/<slug>/archive` and in feeds."""
    is_archive_indexed: Mapped[bool] = mapped_column(default=False)
    """Whether search engines may show it; off, for the stories stand on the site itself."""
    replies_url: Mapped[str] = mapped_column(String(2000), default="")
    """Where readers' replies by mail are posted, signed; empty for nowhere. A WordPress takes them by its own API."""
    created_at: Mapped[datetime]


class Source(Base):
    """Where a site's items come from."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("site_id", "kind", "url"), Index(None, "next_poll_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    kind: Mapped[SourceKind]
    url: Mapped[str] = mapped_column(String(2000))
    etag: Mapped[str] = mapped_column(String(500), default="")
    last_modified: Mapped[str] = mapped_column(String(100), default="")
    next_poll_at: Mapped[datetime]
    last_polled_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """Failed polls in a row."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    secret_name: Mapped[str] = mapped_column(String(100), default="")
    """The environment variable that holds its password; the password itself is never kept here."""
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How far a WordPress was read, in the site's own time."""
    claimed_at: Mapped[datetime | None]
    """When the poll that is under way began."""
    asked_at: Mapped[datetime | None]
    """When the site itself last asked for a poll."""
    hooks: Mapped[list[str]] = mapped_column(default=list)
    """The site's latest requests as `timestamp:id`, so that none counts twice."""
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


def takes_comments() -> ColumnElement[bool]:
    """Of a Site: whether it takes the comments that readers send by mail."""
    wordpress = (Source.site_id == Site.id, Source.kind == SourceKind.WORDPRESS, Source.is_enabled)
    return (Site.replies_url != "") | exists().where(*wordpress, Source.secret_name != "")


class Sighting(Base):
    """One article or comment as its site numbers it, and how it was last seen there."""

    __tablename__ = "sightings"
    __table_args__ = (Index(None, "source_id", "kind", "published_at"),)

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[ItemKind] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    guid: Mapped[str] = mapped_column(String(500))
    mark: Mapped[str] = mapped_column(String(64), default="")
    """What changes when it does: an article's date of change, a comment's hash; empty to look again."""
    published_at: Mapped[datetime]
    is_live: Mapped[bool] = mapped_column(default=True)


class Item(Base):
    """One thing published: an article, or a comment on one."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("site_id", "guid"),
        Index("ix_items_announced", "site_id", "kind", "announced_at"),
        Index(
            "ix_items_unmatched",
            "received_at",
            postgresql_where=text("matched_at IS NULL"),
            sqlite_where=text("matched_at IS NULL"),
        ),
        Index("ix_items_article_id", "article_id", "nth"),
        Index("ix_items_parent_id", "parent_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id", ondelete="SET NULL"))
    kind: Mapped[ItemKind]
    guid: Mapped[str] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(BigId, default=1)
    worded_version: Mapped[int] = mapped_column(BigId, default=1)
    """The version that brought its headline, text and state as they are now: what came since is beside the words."""
    content_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[ItemState] = mapped_column(default=ItemState.LIVE)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    """For a comment: the article it stands under."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="SET NULL"))
    """For a reply: the comment it answers."""
    title: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    """Sanitised at the door."""
    summary: Mapped[str] = mapped_column(Text, default="")
    """Plain text."""
    url: Mapped[str] = mapped_column(String(2000), default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    author_name: Mapped[str] = mapped_column(String(200), default="")
    author_hash: Mapped[str] = mapped_column(String(64), default="")
    """A commenter's keyed address hash, so that nobody is told of their own comment."""
    image_url: Mapped[str] = mapped_column(String(2000), default="")
    image_alt: Mapped[str] = mapped_column(String(500), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the site says beside the text: sources, views, comments, rating, votes, reading_minutes,
    image_width, image_height."""
    published_at: Mapped[datetime]
    received_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    announced_at: Mapped[datetime | None]
    """When it became news for readers; None is archive (or still held) and is never mailed."""
    matched_at: Mapped[datetime | None]
    """When alerts and notices were planned; the sweep looks for None."""
    retracted_at: Mapped[datetime | None]
    nth: Mapped[int | None]
    """For a comment: its number among the article's comments, in the order in which they became news."""
    planned_count: Mapped[int] = mapped_column(default=0)
    quiet: Mapped[list[int] | None]
    """Of an article, once it was matched: the usual quiet hours, from and until, in which it alerted nobody; empty
    where it rang at any hour."""
    waits_count: Mapped[int] = mapped_column(default=0, server_default="0")
    """Readers whose quiet hours it came in: they have it with their first hourly digest afterwards."""


class Topic(Base):
    """A string an item carries and a subscription equals, such as `category:سياسة` or `thread:<guid>`."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(600))
    label: Mapped[str] = mapped_column(String(500))
    """What readers see: the category as the site writes it, the article's title for a thread."""


class ItemTopic(Base):
    """That an item carries a topic."""

    __tablename__ = "item_topics"
    __table_args__ = (Index("ix_item_topics_topic_id", "topic_id", "item_id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    """The site's own order: the first category names the story."""
