"""The public archive: what was sent to a list, for everybody to read."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.words import Frequency, LetterKind
from notifier.models.base import Base


class Archived(Base):
    """Something a list was sent, without anybody it was sent to: an alert, the digest of a day, an issue."""

    __tablename__ = "archived"
    __table_args__ = (UniqueConstraint("kind", "about_id"), Index("ix_archived_site", "site_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    """Grows as letters are filed: the archive is paged by it."""
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    """A random UUID without its hyphens: the name in addresses and in feeds, which says nothing and never changes."""
    kind: Mapped[LetterKind]
    about_id: Mapped[int] = mapped_column(BigId)
    """As of a Delivery: the item of an alert, the run of a digest, the issue."""
    frequency: Mapped[Frequency | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """As of a Letter: what its template needs beside the items."""
    at: Mapped[datetime]
    """When it was planned: the date in its head."""
    filed_at: Mapped[datetime]


class ArchivedItem(Base):
    """That it shows an item, and where."""

    __tablename__ = "archived_items"

    archived_id: Mapped[int] = mapped_column(ForeignKey("archived.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]


class ArchivedTopic(Base):
    """That one of its items stands in a section: the archive of each is read in the order of this key."""

    __tablename__ = "archived_topics"

    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    archived_id: Mapped[int] = mapped_column(
        ForeignKey("archived.id", ondelete="CASCADE"), primary_key=True, index=True
    )
