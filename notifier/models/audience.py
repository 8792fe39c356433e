"""Who reads, what they asked for, and the proof that they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.schedule import EVERY_DAY
from notifier.domain.words import ConsentAction, Frequency, OldLinkKind
from notifier.models.base import Base, whole_ips

# Compared byte by byte, so that its unique index finds the beginning of an address too.
_KEY = String(320).with_variant(String(320, collation="C"), "postgresql")
_ACTIVE = text("ended_at IS NULL")
_OF_DOMAIN = text("domain <> ''")
_IN_FORCE, _DOMAIN_IN_FORCE = text("lifted_at IS NULL"), text("lifted_at IS NULL AND domain <> ''")
_UNCONFIRMED = text("confirmed_at IS NULL")
_PAUSED = text("paused_until IS NOT NULL")
_MOVED = text("schedule_changed_at IS NOT NULL")
_CHANGED, _ENDED = text("frequency_changed_at IS NOT NULL"), text("ended_at IS NOT NULL")


class Subscriber(Base):
    """A person's address, language, time zone, hours and consent, for one site."""

    __tablename__ = "subscribers"
    __table_args__ = (
        UniqueConstraint("site_id", "address_key"),
        Index(
            "ix_subscribers_schedule",
            *("site_id", "time_zone", "digest_hour", "digest_weekday", "digest_days", "confirmed_at"),
        ),
        Index("ix_subscribers_address_hash", "site_id", "address_hash"),
        Index("ix_subscribers_unconfirmed", "created_at", postgresql_where=_UNCONFIRMED, sqlite_where=_UNCONFIRMED),
        Index("ix_subscribers_paused", "site_id", "id", postgresql_where=_PAUSED, sqlite_where=_PAUSED),
        Index("ix_subscribers_moved", "schedule_changed_at", postgresql_where=_MOVED, sqlite_where=_MOVED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(320))
    """As typed: letters go there."""
    address_key: Mapped[str] = mapped_column(_KEY)
    """Canonical: case-folded, domain as A-label; for uniqueness."""
    address_hash: Mapped[str] = mapped_column(String(64))
    """HMAC of the key under the site's pepper; for suppression and for knowing one's own comments."""
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(40))
    """A tag; digits and calendar of the reader's own choice are in it (`domain.text.spoken`)."""
    time_zone: Mapped[str] = mapped_column(String(64))
    digest_hour: Mapped[int]
    digest_weekday: Mapped[int]
    """Of the weekly digest; 0 is Monday."""
    digest_days: Mapped[int] = mapped_column(default=EVERY_DAY, server_default=str(EVERY_DAY))
    """Of the daily digest: a bit for each weekday, Monday's the lowest."""
    quiet_from_h: Mapped[int | None]
    """The reader's own quiet hours; None for those of the settings."""
    quiet_until_h: Mapped[int | None]
    paused_until: Mapped[datetime | None]
    """Nothing is owed before it; afterwards, from where on a thread's comments are news."""
    confirmed_at: Mapped[datetime | None]
    """None until double opt-in, and again once everything was ended."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    """Last change of consent or subscriptions: a letter planned before it is checked again at claim."""
    schedule_changed_at: Mapped[datetime | None]
    daily_covered_until: Mapped[datetime | None]
    """With schedule_changed_at, which is when digest or quiet hours or the time zone last changed: where the daily
    digests under the old ones had come to."""
    weekly_covered_until: Mapped[datetime | None]
    hourly_covered_until: Mapped[datetime | None]
    letters_day: Mapped[str] = mapped_column(String(10), default="")
    """The last local day with instant letters about comments, such as `2026-11-23`."""
    letters_that_day: Mapped[int] = mapped_column(default=0)
    may_track: Mapped[bool] = mapped_column(default=False)
    """Whether the reader agreed that their own opens and clicks are kept."""
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the address changed hands: what lets somebody in bears the one it was made in."""


class Subscription(Base):
    """One subscriber, one topic, one frequency; made after consent, ended with a reason, never deleted."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        # The others hold active ones only; a reader's ended ones are asked for too, and go when the reader goes.
        Index("ix_subscriptions_subscriber_id", "subscriber_id"),
        Index("ix_subscriptions_changed", "frequency_changed_at", postgresql_where=_CHANGED, sqlite_where=_CHANGED),
        Index("ix_subscriptions_ended", "ended_at", postgresql_where=_ENDED, sqlite_where=_ENDED),
        Index(
            "uq_subscriptions_active",
            "subscriber_id",
            "topic_id",
            unique=True,
            postgresql_where=_ACTIVE,
            sqlite_where=_ACTIVE,
        ),
        Index(
            "ix_subscriptions_topic",
            "topic_id",
            "frequency",
            "subscriber_id",
            postgresql_where=_ACTIVE,
            sqlite_where=_ACTIVE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"))
    frequency: Mapped[Frequency]
    is_implicit: Mapped[bool] = mapped_column(default=False)
    """Of a box that was ticked by default: without a sign of life it writes daily only."""
    created_at: Mapped[datetime]
    frequency_changed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(String(40), default="")


class Signup(Base):
    """What somebody typed into a subscribe form; a task turns it into subscriptions, so every answer looks alike."""

    __tablename__ = "signups"
    __table_args__ = (
        Index(
            "ix_signups_open",
            "created_at",
            postgresql_where=text("handled_at IS NULL"),
            sqlite_where=text("handled_at IS NULL"),
        ),
        Index("ix_signups_limit", "limit_hash", "created_at"),
        whole_ips("signups", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(16))
    time_zone: Mapped[str] = mapped_column(String(64))
    frequency: Mapped[Frequency]
    topics: Mapped[list[str]]
    source: Mapped[str] = mapped_column(String(40))
    is_implicit: Mapped[bool] = mapped_column(default=False)
    """Whether the box was ticked already when the reader saw it."""
    ip: Mapped[str] = mapped_column(String(45), default="")
    wording_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    limit_hash: Mapped[str] = mapped_column(String(64))
    """Hash of the address with dots and plus-tags folded: for limits only."""
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    moves_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    """The reader who wants this to be their address."""
    result: Mapped[str] = mapped_column(String(40), default="")
    """`asked` (a confirmation letter was planned), `confirmed`, `added`, `limited`, `suppressed`, `taken`, `vetoed` or
    `unreachable`."""


class OneTimeToken(Base):
    """A hashed 256-bit token that a letter carries; used once, on POST."""

    __tablename__ = "one_time_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    signup_id: Mapped[int] = mapped_column(ForeignKey("signups.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsentEvent(Base):
    """Append-only proof: what was asked or answered, when, in which words, from where."""

    __tablename__ = "consent_events"
    __table_args__ = (whole_ips("consent_events", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="SET NULL"), index=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    purpose: Mapped[str] = mapped_column(String(600))
    action: Mapped[ConsentAction]
    at: Mapped[datetime]
    wording_hash: Mapped[str] = mapped_column(String(64), default="")
    source: Mapped[str] = mapped_column(String(40))
    ip: Mapped[str] = mapped_column(String(45), default="")
    """Of thirty days; from then on of its network only, such as `203.0.113.0/24`."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Suppression(Base):
    """An address that must not be written to, kept as a hash only; or a whole domain, by name."""

    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("site_id", "address_hash"),
        Index("ix_suppressions_domain", "domain", "site_id", postgresql_where=_OF_DOMAIN, sqlite_where=_OF_DOMAIN),
        # The newest in force, and the domains among them: a page at the desk.
        Index("ix_suppressions_newest", "site_id", "id", postgresql_where=_IN_FORCE, sqlite_where=_IN_FORCE),
        Index(
            "ix_suppressions_domains", "site_id", "id", postgresql_where=_DOMAIN_IN_FORCE, sqlite_where=_DOMAIN_IN_FORCE
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    address_hash: Mapped[str] = mapped_column(String(64))
    """Of a domain: the hash of `@` and its name, which is no address's."""
    domain: Mapped[str] = mapped_column(String(255), default="")
    """In A-labels; empty for an address."""
    reason: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_reason: Mapped[str] = mapped_column(String(200), default="")


class OldLink(Base):
    """What a link in another plugin's letters stands for here, a row for each topic; its key is kept as a hash only."""

    __tablename__ = "old_links"
    __table_args__ = (
        # One site may take over several WordPress sites, whose ids overlap.
        UniqueConstraint("site_id", "kind", "number", "key_hash", "topic_id"),
        Index("ix_old_links_number", "kind", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    kind: Mapped[OldLinkKind]
    number: Mapped[int] = mapped_column(BigId)
    """The row's id in the plugin's table."""
    key_hash: Mapped[str] = mapped_column(String(64))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)
