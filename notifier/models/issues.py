"""Newsletters that an editor composes: their words and items, the waves they go out in, trial letters of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.desk_words import IssueState, WinnerRule
from notifier.models.base import Base

_UNPLANNED = text("planned_at IS NULL")
_UNTAKEN = text("taken_at IS NULL")


class Issue(Base):
    """A newsletter an editor composed, in one language from its first line to its footer."""

    __tablename__ = "issues"
    __table_args__ = (Index("ix_issues_site_id", "site_id", "id"), Index(None, "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(500))
    intro: Mapped[str] = mapped_column(Text, default="")
    """Markdown, as typed."""
    html: Mapped[str] = mapped_column(Text, default="")
    """The intro, sanitised at the door."""
    cover_url: Mapped[str] = mapped_column(String(2000), default="")
    cover_alt: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str] = mapped_column(String(16))
    subjects: Mapped[list[str]] = mapped_column(default=list)
    """None: the title is the subject. Several are tried out on a sample."""
    sample_percent: Mapped[int] = mapped_column(default=20)
    sample_hours: Mapped[int] = mapped_column(default=2)
    """How long after the sample the others get theirs."""
    winner_rule: Mapped[WinnerRule] = mapped_column(default=WinnerRule.HAND)
    winner: Mapped[int | None]
    """The place in `subjects` of the one for the others."""
    is_winner_known: Mapped[bool] = mapped_column(default=False)
    """False where nobody chose and too little was counted: each rest that waits is settled anew."""
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """See `domain.issues.Audience`."""
    state: Mapped[IssueState] = mapped_column(default=IssueState.DRAFT)
    send_at: Mapped[datetime | None]
    """When it goes out to everybody; None where each zone has a moment of its own."""
    local_at: Mapped[datetime | None]
    """The wall clock of each reader's own zone, kept as if it were UTC."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    """When its first letters were planned; from then on its words stand."""
    paused_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class IssueItem(Base):
    """That an issue shows an item, where, and whether it stays at the top."""

    __tablename__ = "issue_items"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]
    is_pinned: Mapped[bool] = mapped_column(default=False)


class Wave(Base):
    """The readers of one time zone (or all) whose letters of an issue are planned at one moment."""

    __tablename__ = "waves"
    __table_args__ = (
        UniqueConstraint("issue_id", "time_zone", "is_rest"),
        Index("ix_waves_due", "due_at", postgresql_where=_UNPLANNED, sqlite_where=_UNPLANNED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    """Empty: every zone."""
    is_rest: Mapped[bool] = mapped_column(default=False)
    """Whether it is for those who were not in the sample of subjects."""
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    planned_count: Mapped[int] = mapped_column(default=0)
    first_id: Mapped[int] = mapped_column(BigId, default=0)
    last_id: Mapped[int] = mapped_column(BigId, default=0)
    """Its deliveries lie between these ids, and among them may be others."""


class Trial(Base):
    """A letter of an issue to one who works at the desk, to look at; it stands in no books."""

    __tablename__ = "trials"
    __table_args__ = (Index("ix_trials_waiting", "created_at", postgresql_where=_UNTAKEN, sqlite_where=_UNTAKEN),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    subject: Mapped[int] = mapped_column(default=0)
    """Which of the issue's subjects."""
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    is_sent: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(String(500), default="")
    """What the server said."""
