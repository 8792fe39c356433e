"""What editors decide about digests before they go out, and what is counted once a day so that charts cost nothing."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.words import Frequency
from notifier.models.base import Base

_UNTAKEN = text("taken_at IS NULL")


class Arrangement(Base):
    """What an editor decided about one digest slot; the planner heeds it, and a slot without one goes out as it is."""

    __tablename__ = "arrangements"
    __table_args__ = (UniqueConstraint("site_id", "frequency", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    frequency: Mapped[Frequency]
    slot: Mapped[datetime]
    pinned: Mapped[list[int]] = mapped_column(default=list)
    """Articles that come first, in this order, in the letters of those who want them."""
    dropped: Mapped[list[int]] = mapped_column(default=list)
    """Articles that its readers get neither in this digest nor in a later one of this frequency."""
    postponed: Mapped[list[int]] = mapped_column(default=list)
    """Articles that wait for the digest after this one."""
    is_held: Mapped[bool] = mapped_column(default=False)
    """Not planned until somebody lets it go."""
    changed_at: Mapped[datetime]


class Announcement(Base):
    """That endpoints and editors were told of a digest slot before it went out: once."""

    __tablename__ = "announcements"
    __table_args__ = (UniqueConstraint("site_id", "frequency", "slot"), Index(None, "slot"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    frequency: Mapped[Frequency]
    slot: Mapped[datetime]


class Proof(Base):
    """A digest on its way to one who works at the desk, before it goes out to its readers; it stands in no books."""

    __tablename__ = "proofs"
    __table_args__ = (
        UniqueConstraint("site_id", "frequency", "slot", "user_id"),
        Index("ix_proofs_waiting", "created_at", postgresql_where=_UNTAKEN, sqlite_where=_UNTAKEN),
        Index(None, "slot"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    frequency: Mapped[Frequency]
    slot: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(16))
    """Of the edition that most of its readers get."""
    readers: Mapped[int] = mapped_column(BigId)
    """As the calendar counted them."""
    is_asked: Mapped[bool] = mapped_column(default=False)
    """By hand, at the digest's own page, by one who need not want them all; its readers are counted when it is made."""
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    is_sent: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(String(500), default="")
    """What the server said, or why there is no letter."""
    shows: Mapped[str] = mapped_column(String(64), default="")
    """What the digest held when it was made: tells whether that has changed since."""


class DaySum(Base):
    """One number of one site and day, written anew while the day lasts: what no page could count in time."""

    __tablename__ = "day_sums"
    __table_args__ = (UniqueConstraint("site_id", "measure", "day", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    measure: Mapped[str] = mapped_column(String(20))
    """`readers`, `joined`, `topic`, `domain`, `comments`, `letters`, `slot` or `bedtime`; `open` and `click` grow as
    they come."""
    day: Mapped[str] = mapped_column(String(10))
    """In UTC, such as `2026-11-23`."""
    name: Mapped[str] = mapped_column(String(400), default="")
    """Of what: a topic's id, a domain, the hours of a digest, an onlooker."""
    count: Mapped[int] = mapped_column(BigId)
