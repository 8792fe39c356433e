"""What is owed to whom, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.words import Frequency, Lane, LetterKind, NoticeReason, Reason, State
from notifier.models.base import Base

_WAITING = text("delivery_id IS NULL AND dropped_at IS NULL")
_SUM, _FRESH = text("is_sum"), text("NOT is_sum")
_EARLY, _COMPLAINED = text("is_early"), text("kind = 'complained'")
_QUEUED, _SENDING = text("state = 'queued'"), text("state = 'sending'")
_UNSENT = text("state = 'failed' OR state = 'dropped' OR state = 'expired'")
_ISSUED = text("kind = 'issue'")
_PERSONAL = text("kind <> 'alert' AND kind <> 'digest' AND kind <> 'issue'")


class Notice(Base):
    """A comment owed to one person, waiting to be bundled into a letter."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "item_id"),
        Index("ix_notices_waiting", "frequency", "due_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("ix_notices_reader", "subscriber_id", "article_id", postgresql_where=_WAITING, sqlite_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), index=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    reason: Mapped[NoticeReason]
    frequency: Mapped[Frequency]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="SET NULL"), index=True)
    dropped_at: Mapped[datetime | None]
    dropped_reason: Mapped[Reason | None]


class Run(Base):
    """One digest slot of one site."""

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("site_id", "frequency", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    frequency: Mapped[Frequency]
    slot: Mapped[datetime]
    """The moment, in UTC, that is the local digest hour of the readers it serves."""
    created_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    planned_count: Mapped[int] = mapped_column(default=0)
    seen: Mapped[list[int]] = mapped_column(default=list)
    """Articles announced shortly before the slot that the planner saw; the next run takes those it did not."""
    quiet: Mapped[list[int]] = mapped_column(default=list)
    """The usual quiet hours, from and until, when it was planned: whom an hourly digest left in peace."""


class Letter(Base):
    """One distinct content: these items, this template, this language; rendered at send time."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index(None, "site_id", "created_at"),
        # How many letters a stream had lately, for its rate of complaints.
        Index("ix_letters_stream", "site_id", "kind", "created_at"),
        # The few letters of an issue among all others.
        Index("ix_letters_issue", "about_id", postgresql_where=_ISSUED, sqlite_where=_ISSUED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    kind: Mapped[LetterKind]
    language: Mapped[str] = mapped_column(String(40))
    frequency: Mapped[Frequency | None]
    key: Mapped[str] = mapped_column(String(64))
    """SHA-256 over kind, language and ids: the same content is the same row."""
    about_id: Mapped[int] = mapped_column(BigId, default=0)
    """The same as its deliveries', where those are about one thing for many; 0 for letters to one person each."""
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the template needs beside the items: `topic_ids`, `more`, `choices`, `correction_id`, `until`; of an issue
    its `subject`, and `is_rest` where it was not tried on a sample."""
    planned_count: Mapped[int] = mapped_column(default=0)
    """Counted by the planner, independently of the deliveries it balances."""
    created_at: Mapped[datetime]


class LetterItem(Base):
    """That a letter shows an item, and where."""

    __tablename__ = "letter_items"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]
    version: Mapped[int] = mapped_column(BigId, default=1)
    """Of the item when the letter was made: what its deliveries show, unless an OtherVersion says otherwise."""


class Delivery(Base):
    """One letter owed to one person: unique key, state, reason."""

    __tablename__ = "deliveries"
    __table_args__ = (
        # A person first: what one was sent is asked for, what was sent for a run is not (the tallies tell).
        UniqueConstraint("subscriber_id", "kind", "about_id"),
        # Each change of a row's state is written into every index that holds it: no index without a reader.
        # What the sweep asks every few seconds must not read what is finished, which only grows.
        Index("ix_deliveries_queued", "lane", "id", postgresql_where=_QUEUED, sqlite_where=_QUEUED),
        Index("ix_deliveries_expiring", "expires_at", postgresql_where=_QUEUED, sqlite_where=_QUEUED),
        Index("ix_deliveries_leased", "lease_until", postgresql_where=_SENDING, sqlite_where=_SENDING),
        # What did not go out, by send and reason: what is sent never enters it.
        Index(
            "ix_deliveries_unsent", "site_id", "kind", "about_id", "state", "reason", "id",
            postgresql_where=_UNSENT, sqlite_where=_UNSENT,
        ),
        # Letters to one person each lie scattered among those of large sends, whose rows are never in it.
        Index("ix_deliveries_personal", "site_id", "kind", "id", postgresql_where=_PERSONAL, sqlite_where=_PERSONAL),
        # Each row is written anew when it is claimed and when it ends: half a page free keeps it where it lies.
        {"postgresql_with": {"fillfactor": 50}},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    letter_id: Mapped[int] = mapped_column(BigId)
    """No foreign key: the planner makes both in one transaction, and a letter goes only when its whole site does."""
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="SET NULL"))
    kind: Mapped[LetterKind]
    about_id: Mapped[int] = mapped_column(BigId)
    """What makes it owed once: the item of an alert, the run of a digest, the issue, the newest comment of a reply
    letter, the sign-up of a confirmation, the correction, the reader of a welcome, the last subscription that ended
    with a goodbye. Below zero: a reply letter that left that comment out, which another will tell."""
    lane: Mapped[Lane]
    state: Mapped[State] = mapped_column(default=State.QUEUED)
    reason: Mapped[Reason | None]
    detail: Mapped[str] = mapped_column(Text, default="")
    """What the server answered, or what went wrong, for an editor to read."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(80))
    """32 random digits, a full stop and the account's name."""
    """Names the claim, so that a late owner cannot overwrite what its successor recorded."""
    account: Mapped[str] = mapped_column(String(40), default="")
    """Through which it was last tried."""
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Tally(Base):
    """How many deliveries of one page of the books were planned on one day, or ended in one way.

    Whoever plans or ends letters adds rows and changes none, so that workers never wait for each other here; the sweep
    adds them up. A page is a run, an alert, an issue or a correction; all other letters of a kind share one,
    `about_id` 0.
    """

    __tablename__ = "tallies"
    __table_args__ = (
        Index(
            "uq_tallies_sum", "site_id", "kind", "about_id", "day", "entry", "reason",
            unique=True, postgresql_where=_SUM, sqlite_where=_SUM,
        ),
        Index("ix_tallies_fresh", "id", postgresql_where=_FRESH, sqlite_where=_FRESH),
        Index("ix_tallies_page", "kind", "about_id"),
        Index("ix_tallies_day", "site_id", "day"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    kind: Mapped[LetterKind]
    about_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[str] = mapped_column(String(10))
    """When they were planned, in UTC, such as `2026-11-23`: however late they end, they count on that day."""
    entry: Mapped[str] = mapped_column(String(20))
    """`planned`, or the state in which deliveries ended."""
    reason: Mapped[str] = mapped_column(String(20), default="")
    """Why; empty for none, for a unique key tells two NULLs apart."""
    count: Mapped[int] = mapped_column(BigId)
    """Below zero where what had ended was queued again."""
    first_id: Mapped[int | None] = mapped_column(BigId)
    """With `planned`: no delivery of it has a smaller id, so that a page is read without an index of its own."""
    last_id: Mapped[int | None] = mapped_column(BigId)
    is_sum: Mapped[bool] = mapped_column(default=False)


class DeliveryEvent(Base):
    """Append-only: each refusal and deferral of a delivery, and whatever came back of it after it had left."""

    __tablename__ = "delivery_events"
    __table_args__ = (
        # What was told twice, or by two, is one event; refusals while sending have no key, and each counts.
        UniqueConstraint("delivery_id", "key"),
        Index("ix_delivery_events_early", "id", postgresql_where=_EARLY, sqlite_where=_EARLY),
        Index("ix_delivery_events_complaints", "at", postgresql_where=_COMPLAINED, sqlite_where=_COMPLAINED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    """`failed`, `deferred`, `uncertain` while sending; afterwards one of `domain.returns.words.EventKind`."""
    detail: Mapped[str] = mapped_column(Text, default="")
    key: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(20), default="")
    """The class of a bounce."""
    status: Mapped[str] = mapped_column(String(12), default="")
    """As RFC 3463 has it, such as `5.1.1`."""
    source: Mapped[str] = mapped_column(String(20), default="")
    """Who told: `smtp`, `mail`, or a provider."""
    is_early: Mapped[bool] = mapped_column(default=False)
    """Whether it bounced before the books had it as sent; the sweep looks again."""


class Lease(Base):
    """A named lock in the database: several schedulers may tick, one at a time works."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    until: Mapped[datetime]
    last_sweep_at: Mapped[datetime | None]
    last_runs_at: Mapped[datetime | None]
    last_census_at: Mapped[datetime | None]
