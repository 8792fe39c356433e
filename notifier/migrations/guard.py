"""What every migration calls first."""

from typing import Final

from alembic import op

LOCK_WAIT: Final = "5s"


def guarded() -> None:
    """Wait for a table lock for a few seconds only.

    A migration that queues behind a long query makes every later query queue behind itself; better that it fails,
    leaves nothing behind, and is started again. SQLite has one lock for all, and its own timeout.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
