"""Conversations: how many comments stand under an article, how far each person's letters have come, who wants none."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, literal, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.words import Frequency
from notifier.models.base import Base

FOR_GOOD: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Of a thread that was too much of a good thing: daily until its reader chooses anew how often it comes."""
UNTIL_ALIVE: Final = datetime(9998, 1, 1, tzinfo=UTC)
"""Of a thread that nobody seemed to read: daily until the next sign of life, or until its reader chooses anew."""
MAY_TURN: Final = (Frequency.INSTANT, Frequency.HOURLY)
"""What a thread turns daily from."""
_OPEN = text("is_open")
_PASSING = text("until IS NOT NULL")


class Thread(Base):
    """The comments under one article, numbered as they become news."""

    __tablename__ = "threads"
    __table_args__ = (Index("ix_threads_open", "article_id", postgresql_where=_OPEN, sqlite_where=_OPEN),)

    article_id: Mapped[int] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)
    """The topic that every comment under the article carries."""
    count: Mapped[int] = mapped_column(default=0)
    """The number of the last comment."""
    subject: Mapped[str] = mapped_column(Text, default="")
    """The article's title when the first letter about its comments was planned; every later one keeps it."""
    is_open: Mapped[bool] = mapped_column(default=False)
    """Whether somebody who follows it may not have seen the last comment."""


class Bookmark(Base):
    """How far one person's letters have come in one thread, and the pace of them.

    Whoever follows a thread is owed its comments past `seen`: no row is written for each comment and follower.
    """

    __tablename__ = "bookmarks"
    __table_args__ = (
        Index("ix_bookmarks_look", "article_id", "look_at"),
        # Read with the thread's number: who has not seen the last one.
        Index("ix_bookmarks_seen", "article_id", "seen"),
    )

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    seen: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime]
    """No letter can be due before."""
    letters: Mapped[list[int]] = mapped_column(default=list)
    """When the last letters were planned, in seconds since 1970, the latest last."""
    unanswered: Mapped[int] = mapped_column(default=0)
    """Letters since the last sign of life."""
    alive_at: Mapped[datetime | None]
    """The last sign of life: a visit, a click or a comment."""
    daily_until: Mapped[datetime | None]
    """Until then its comments come with the daily digest; `FOR_GOOD` and `UNTIL_ALIVE` are no moments."""


def signs_of_life(now: Any) -> dict[str, Any]:  # noqa: ANN401 - a moment, or a parameter for one
    """What a visit, a click or a comment writes into bookmarks: the quickest pace, no longer daily for want of it."""
    daily_until = Bookmark.daily_until
    until = func.nullif(daily_until, literal(UNTIL_ALIVE, daily_until.type), type_=daily_until.type)
    return {"unanswered": 0, "alive_at": now, "look_at": now, "daily_until": until}


class Mute(Base):
    """What a person wants no letters of: `thread:<article id>`, `kind:<reason>` or `all` of comments; `issues`."""

    __tablename__ = "mutes"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "what"),
        Index("ix_mutes_until", "until", postgresql_where=_PASSING, sqlite_where=_PASSING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    until: Mapped[datetime | None]
    """When the sweep takes it away again; None for a mute that lasts until its reader undoes it."""
