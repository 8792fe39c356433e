"""What is kept of opens and clicks: sums of each day, and single ones only of readers who agreed to it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.traces import Onlooker, TraceKind
from notifier.domain.words import LetterKind
from notifier.models.base import Base


class TraceCount(Base):
    """How often a letter was opened, or a link of it followed, on one day (of UTC), by one kind of onlooker."""

    __tablename__ = "trace_counts"
    __table_args__ = (UniqueConstraint("letter_id", "day", "kind", "onlooker", "link_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    day: Mapped[str] = mapped_column(String(10))
    """Such as `2026-11-26`."""
    kind: Mapped[TraceKind]
    onlooker: Mapped[Onlooker]
    link_hash: Mapped[str] = mapped_column(String(64), default="")
    """Of a click: SHA-256 of its address, which is too long for a key."""
    link: Mapped[str] = mapped_column(Text, default="")
    count: Mapped[int] = mapped_column(BigId)


class TraceSum(Base):
    """The same of a whole send over all its days: an issue, a digest run, an alert; others of a kind share one, of 0.

    Kept beside the counts, for a site may have as many letters as readers, each with links of its own.
    """

    __tablename__ = "trace_sums"
    __table_args__ = (UniqueConstraint("site_id", "letter_kind", "about_id", "kind", "onlooker"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    letter_kind: Mapped[LetterKind]
    about_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[TraceKind]
    onlooker: Mapped[Onlooker]
    count: Mapped[int] = mapped_column(BigId)


class Trace(Base):
    """That a reader who agreed to it opened a letter, or followed a link of it; the first time of each."""

    __tablename__ = "traces"
    __table_args__ = (
        UniqueConstraint("delivery_id", "kind", "link_hash"),
        Index("ix_traces_letter_id", "letter_id", "kind"),
        Index("ix_traces_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    kind: Mapped[TraceKind]
    onlooker: Mapped[Onlooker]
    link_hash: Mapped[str] = mapped_column(String(64), default="")
    link: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
