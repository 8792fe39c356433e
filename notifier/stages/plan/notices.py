"""Which notices a letter may tell now, and how those end that none will tell."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among, looked_up
from notifier.domain.words import ItemState, Reason
from notifier.models import Item, Notice


def is_owed() -> tuple[ColumnElement[bool], ...]:
    """Notices that wait for a letter. Those of a comment that a moderator holds do not: they wait for the moderator."""
    return Notice.delivery_id.is_(None), Notice.dropped_at.is_(None), ~_is_about(ItemState.HELD)


def is_gone() -> ColumnElement[bool]:
    """Notices of a comment that was taken back, or whose article was."""
    return _is_about(ItemState.RETRACTED)


def drop(session: Session, which: Collection[int], reason: Reason, now: datetime) -> None:
    """Note why no letter tells of these; of what was taken back only if it still is."""
    if not which:
        return
    theirs = among(session, Notice.id, which)
    dropped = update(Notice).where(theirs & is_gone() if reason is Reason.RETRACTED else theirs)
    dropped = dropped.values(dropped_at=now, dropped_reason=reason)
    session.execute(dropped.execution_options(synchronize_session=False))


def _is_about(state: ItemState) -> ColumnElement[bool]:
    """Of a comment that is in this state, or stands under an article that is."""
    either = Item.id.in_([Notice.item_id, Notice.article_id])
    return looked_up(select(Item.id).where(either, Item.state == state).correlate(Notice))
