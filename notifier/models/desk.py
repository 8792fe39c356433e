"""Who works here: users, API keys, and the log of their acts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.domain.desk_words import Role
from notifier.models.base import Base, whole_ips
from notifier.models.written_once import written_once


class User(Base):
    """An owner, editor or analyst of the desk."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    """Canonical, in lower case: what they log in with."""
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[Role]
    language: Mapped[str] = mapped_column(String(16), default="ar")
    wants_proofs: Mapped[bool] = mapped_column(default=False)
    """Whether each digest comes to them before it goes out to its readers."""
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    """Argon2id; empty until the invitation is taken up."""
    totp_sealed: Mapped[str] = mapped_column(String(200), default="")
    """The secret that their authenticator shares with us, sealed; empty while they have none."""
    totp_step: Mapped[int] = mapped_column(BigId, default=0)
    """The 30 seconds of the last code that was taken: none counts twice (RFC 6238, 5.2)."""
    spare_hashes: Mapped[list[str]] = mapped_column(default=list)
    """Of the spare codes that are left."""
    invitation_hash: Mapped[str] = mapped_column(String(64), default="", index=True)
    invited_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Binding(Base):
    """The account at a provider that is a user's: it lets them in whatever their address there becomes."""

    __tablename__ = "bindings"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    """Never given to anybody else by this issuer (OpenID Connect Core, section 2)."""
    bound_at: Mapped[datetime]


class Sitting(Base):
    """One browser in which a user is logged in."""

    __tablename__ = "sittings"
    __table_args__ = (whole_ips("sittings", "seen_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    is_complete: Mapped[bool] = mapped_column(default=False)
    """False while the second factor is still asked for."""
    agent: Mapped[str] = mapped_column(String(200), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiKey(Base):
    """A program's way in: shown once, kept as a hash."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    """From when it is refused, because another one took its place."""


class AuditEvent(Base):
    """Append-only, as the database itself sees to: who did what at the desk, the API and the command line."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


written_once(AuditEvent)
