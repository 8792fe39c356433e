"""Whom a site wants told of what happens here, and what each of them is owed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, literal, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.calls import CallState
from notifier.models.base import Base, word

_WAITING = text("state = 'waiting'")


class Endpoint(Base):
    """An address of the site's own that is told of some events."""

    __tablename__ = "endpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]]
    secret_sealed: Mapped[str] = mapped_column(String(300), default="")
    former_sealed: Mapped[str] = mapped_column(String(300), default="")
    """The secret before the last one, while receivers may still know no other."""
    former_until: Mapped[datetime | None]
    """Until then calls are signed by both."""
    with_address: Mapped[bool] = mapped_column(default=False)
    """Whether an owner allowed it to read the addresses themselves."""
    created_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    """Of the first failure after the last call that was taken."""
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[str] = mapped_column(String(20), default="")
    """`owner`, `failing`, `gone` or `secret`: a key of the desk's sentences."""


class Call(Base):
    """One event owed to one endpoint. It holds ids and hashes: an address is read when it is sent."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_due", "endpoint_id", "next_attempt_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("ix_calls_log", "endpoint_id", "id"),
        Index("ix_calls_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoints.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[CallState] = mapped_column(word(CallState), default=CallState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    status: Mapped[int] = mapped_column(default=0)
    """Of the last answer; 0 where there was none."""
    fault: Mapped[str] = mapped_column(String(40), default="")
    """Why there was none: a key of the desk's sentences."""
    answer: Mapped[str] = mapped_column(String(500), default="")
    """Its first characters."""
    created_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


def is_waiting() -> ColumnElement[bool]:
    """Of a Call. Spelt out: with a parameter no plan that is kept could use the index of just these."""
    return Call.state == literal(CallState.WAITING.value, literal_execute=True)
