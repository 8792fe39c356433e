"""What was taken back and is let through after all: whoever was not told of it for that reason is owed it again."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier.domain.words import ItemState, Reason
from notifier.models import Item, Notice


def owe_again(session: Session, item_id: int) -> None:
    """Let the notices wait once more that ended because this comment was taken back, or the article above theirs."""
    comments = select(Item.id).where((Item.id == item_id) | (Item.article_id == item_id), Item.state == ItemState.LIVE)
    ended = Notice.item_id.in_(comments) & (Notice.dropped_reason == Reason.RETRACTED)
    again = update(Notice).where(ended).values(delivery_id=None, dropped_at=None, dropped_reason=None)
    session.execute(again.execution_options(synchronize_session=False))
