"""How a reader gets in without a password, and how their address becomes another."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import BigId
from notifier.models.base import Base

_OPEN = text("handled_at IS NULL")
_KEPT = text("address <> ''")


class SignIn(Base):
    """A sign-in link somebody asked for; a task turns it into a letter or into silence, so every answer looks alike."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        Index("ix_sign_ins_open", "created_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_sign_ins_limit", "limit_hash", "created_at"),
        Index("ix_sign_ins_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(320))
    """As typed; emptied once it is handled."""
    limit_hash: Mapped[str] = mapped_column(String(64))
    """Hash of the address with dots and plus-tags folded: for limits only."""
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    """Whose address it is; None where nobody is written to."""
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    """The reader's at that moment: of an earlier one its link opens nothing."""


class SignInToken(Base):
    """A hashed 256-bit token that a sign-in letter carries; used once, on POST."""

    __tablename__ = "sign_in_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ReaderSession(Base):
    """A browser that came by a sign-in link; its cookie is kept as a hash only."""

    __tablename__ = "reader_sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the link that it was opened by."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AddressMove(Base):
    """A wish for another address: which one the reader had when it was asked, for whoever has that to say no."""

    __tablename__ = "address_moves"
    __table_args__ = (Index("ix_address_moves_kept", "asked_at", postgresql_where=_KEPT, sqlite_where=_KEPT),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    signup_id: Mapped[int] = mapped_column(ForeignKey("signups.id", ondelete="CASCADE"), unique=True)
    """The same wish, as the new address is asked about it."""
    address: Mapped[str] = mapped_column(String(320))
    """The former one, its key and its hash; emptied when nothing can be taken back any more."""
    address_key: Mapped[str] = mapped_column(String(320))
    address_hash: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    vetoed_at: Mapped[datetime | None]
