"""How a new migration writes our own column types: as plain SQLAlchemy, so that history never imports today's code."""

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, BigInteger, Enum

from notifier.db import Moment


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401 - Alembic hands over any schema item
    """The source text of a column type of ours; False leaves it to Alembic."""
    del context
    if kind != "type":
        return False
    if isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Enum):
        # A word more in a vocabulary is no change of the schema.
        return f"sa.String(length={item.length})"
    if isinstance(item, BigInteger):
        # SQLite counts up only what is called INTEGER.
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if isinstance(item, JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False
