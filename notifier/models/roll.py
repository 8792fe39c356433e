"""What editors do with many readers at once: tags, imports, and acts that can be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.desk_words import ActKind, ActState, ImportState
from notifier.models.base import Base


class Tag(Base):
    """A word that editors put on readers, such as where they were imported from."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class SubscriberTag(Base):
    """That a reader bears a tag."""

    __tablename__ = "subscriber_tags"
    __table_args__ = (Index("ix_subscriber_tags_subscriber_id", "subscriber_id"),)

    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)


class SubscriberNote(Base):
    """What an editor wrote down about a reader; the reader may ask to see it."""

    __tablename__ = "subscriber_notes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    actor: Mapped[str] = mapped_column(String(100))
    words: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]


class Import(Base):
    """A file of readers, what its columns mean, and how far its rows have come."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_site_id", "site_id", "id"),
        Index("ix_imports_state", "state", "touched_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    """Of the file, as it was given."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the file: the command line finds by it an import that was interrupted."""
    size: Mapped[int] = mapped_column(BigId)
    is_local: Mapped[bool] = mapped_column(default=False)
    """Read from a file by the command line, not from the pieces below: no worker can go on with it."""
    state: Mapped[ImportState] = mapped_column(default=ImportState.DRAFT)
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    position: Mapped[int] = mapped_column(BigId, default=0)
    """How many records are through; grows in the transaction that takes them in, so that none counts twice."""
    done_bytes: Mapped[int] = mapped_column(BigId, default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What became of the rows: a word and how many."""
    error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportPiece(Base):
    """A part of an uploaded file, as it came; it goes when the import is done."""

    __tablename__ = "import_pieces"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportFault(Base):
    """A row that did not come in: its line, the reason, and the line itself where the editor can put it right."""

    __tablename__ = "import_faults"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(BigId, primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text, default="")


class BulkAct(Base):
    """One act on many readers, done in chunks; what it changed is kept until nobody can want it back."""

    __tablename__ = "bulk_acts"
    __table_args__ = (
        Index("ix_bulk_acts_site_id", "site_id", "id"),
        Index("ix_bulk_acts_state", "state", "touched_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(String(100))
    kind: Mapped[ActKind]
    about: Mapped[int] = mapped_column(BigId, default=0)
    """The id of the tag or of the topic."""
    words: Mapped[str] = mapped_column(String(200), default="")
    """The tag, the topic's label or the reason, as the list of acts tells it."""
    whom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The search whose readers it is about, or their ids."""
    state: Mapped[ActState] = mapped_column(default=ActState.DOING)
    position: Mapped[int] = mapped_column(BigId, default=0)
    """The last reader's id that is through."""
    last_id: Mapped[int] = mapped_column(BigId)
    """No reader who comes later is touched."""
    seen: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BulkChange(Base):
    """One row that an act changed: the tag, subscription or suppression of a reader."""

    __tablename__ = "bulk_changes"

    act_id: Mapped[int] = mapped_column(ForeignKey("bulk_acts.id", ondelete="CASCADE"), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    row_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
