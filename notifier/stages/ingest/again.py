"""What was taken back and is let through after all: whoever was not told of it for that reason is owed it again."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from notifier.domain.words import Reason
from notifier.models import Notice


def owe_again(session: Session, comment_id: int) -> None:
    """Let the notices wait once more that ended because this comment was taken back."""
    ended = (Notice.item_id == comment_id) & (Notice.dropped_reason == Reason.RETRACTED)
    again = update(Notice).where(ended).values(delivery_id=None, dropped_at=None, dropped_reason=None)
    session.execute(again.execution_options(synchronize_session=False))
