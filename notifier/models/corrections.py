"""What was said wrong and is told right: corrections, earlier headlines, and who was shown which version."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.models.base import Base

_OPEN = text("settled_at IS NULL")


class Correction(Base):
    """An editor's note on an article that was sent as it should not have been, for exactly those who got it so."""

    __tablename__ = "corrections"
    __table_args__ = (
        UniqueConstraint("item_id", "version", "key"),
        Index("ix_corrections_open", "look_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(BigId)
    """The first version that is right: whoever was shown an earlier one is told."""
    key: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the note and what was wrong: asked for twice, it is one correction."""
    note: Mapped[str] = mapped_column(Text)
    said: Mapped[str] = mapped_column(Text, default="")
    """The words that were wrong, where the editor names them."""
    by: Mapped[str] = mapped_column(String(100))
    """Who asked for it: a name at the desk or of an API key, or the command line."""
    created_at: Mapped[datetime]
    look_at: Mapped[datetime]
    """When to plan it, or to look again at those that wait."""
    planned_at: Mapped[datetime | None]
    planned_count: Mapped[int] = mapped_column(default=0)
    waits: Mapped[list[int]] = mapped_column(default=list)
    """Deliveries that were on their way with an earlier version when it was planned: they are looked at again."""
    settled_at: Mapped[datetime | None]
    """When none of them was left; the sweep looks for None."""


class Headline(Base):
    """A headline that an article had before."""

    __tablename__ = "headlines"

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    last_version: Mapped[int] = mapped_column(BigId, primary_key=True)
    """The last version that had it."""
    title: Mapped[str] = mapped_column(Text)


class OtherVersion(Base):
    """That a delivery showed an item in another version than its letter was planned with, or left it out.

    Of nearly all letters there is no such row: they show what they were planned with.
    """

    __tablename__ = "other_versions"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True)
    version: Mapped[int | None] = mapped_column(BigId)
    """None for an item that was left out."""
