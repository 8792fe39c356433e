"""What editors made of the letters' templates."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from notifier.models.base import Base

_ACTIVE = text("is_active")


class TemplateVersion(Base):
    """One version of a site's own text for a part of the letters' templates; written once, never changed."""

    __tablename__ = "template_versions"
    __table_args__ = (
        Index("ix_template_versions_history", "site_id", "part", "id"),
        Index(
            "uq_template_versions_active", "site_id", "part", unique=True, postgresql_where=_ACTIVE,
            sqlite_where=_ACTIVE,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(40))
    """`domain.template_part.TemplatePart.name`."""
    text: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(String(200), default="")
    """What its author says that it changes."""
    actor: Mapped[str] = mapped_column(String(100))
    is_active: Mapped[bool] = mapped_column(default=False)
    """Whether letters are made of it; of each part one at most, and none for our own template."""
    activated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
