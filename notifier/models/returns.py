"""What came back, added up: by address, and where it says that something is wrong with us."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.models.base import Base

_OPEN = text("ended_at IS NULL")


class Standing(Base):
    """How an address takes our letters: what is held against it, and why (`domain.returns.standing`)."""

    __tablename__ = "standings"
    __table_args__ = (UniqueConstraint("site_id", "address_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    address_hash: Mapped[str] = mapped_column(String(64))
    score: Mapped[float] = mapped_column(default=0.0)
    days: Mapped[list[str]] = mapped_column(default=list)
    inactive: Mapped[list[str]] = mapped_column(default=list)
    reasons: Mapped[list[str]] = mapped_column(default=list)
    last_at: Mapped[datetime | None]
    """Of the last refusal that counted; what was sent since and stayed forgives it."""


class Alarm(Base):
    """That what came back speaks against an account of ours, or a stream of letters; open until somebody ends it."""

    __tablename__ = "alarms"
    __table_args__ = (Index("uq_alarms_open", "about", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(String(80))
    """`account:<name>` or `stream:<site id>:<kind of letter>`."""
    raised_at: Mapped[datetime]
    last_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)
    """How often since it was raised."""
    window_at: Mapped[datetime]
    window_count: Mapped[int] = mapped_column(default=0)
    """How often within the hour that began at window_at."""
    detail: Mapped[str] = mapped_column(String(200), default="")
    """The last status or the rate, for an editor to read; never what a server said."""
    halted_until: Mapped[datetime | None]
    """Until when nothing leaves by it."""
    known_at: Mapped[datetime | None]
    """When somebody said that they know; undone by a new halt."""
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(String(200), default="")


class UsedToken(Base):
    """A provider's token that was used: whoever brings it again is not heard."""

    __tablename__ = "used_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
