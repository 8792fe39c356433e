"""What comes back by mail."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.words import ReplyRefusal, ReplyState
from notifier.models.base import Base

_WAITING = text("state = 'waiting'")


class Reply(Base):
    """What a reader answered to a letter by mail: on its way to the site as a comment that waits for its moderator."""

    __tablename__ = "replies"
    __table_args__ = (
        # A mail that comes twice, or by two ways, is one reply.
        UniqueConstraint("subscriber_id", "message_hash"),
        Index("ix_replies_recent", "subscriber_id", "created_at"),
        Index("ix_replies_waiting", "next_attempt_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    """The letter that was answered."""
    article_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="SET NULL"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="SET NULL"), index=True)
    """The comment that it answers; none where that is gone and only the article is left."""
    message_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the Message-ID, or of the whole mail where it has none."""
    words: Mapped[str] = mapped_column(Text, default="")
    """What the reader wrote; empty as soon as the site has it, or for ever will not."""
    words_hash: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[ReplyState] = mapped_column(default=ReplyState.WAITING)
    reason: Mapped[ReplyRefusal | None]
    detail: Mapped[str] = mapped_column(String(500), default="")
    """What the site said, for an editor to read."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
