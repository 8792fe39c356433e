"""What would become of the staged rows; reads only, but for a word on each.

An import never lifts a suppression, and never brings back who left: neither whom this site saw leave, nor whom an
earlier list did.
"""

from collections import Counter
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, case, exists, func, select, update
from sqlalchemy.orm import Session

from notifier.consent.merging.staging import incoming, topic_sets
from notifier.consent.merging.words import Became
from notifier.domain.importing.rows import Fate
from notifier.domain.words import ConsentAction
from notifier.models import ConsentEvent, Subscriber, Subscription, Suppression

_row: Final = incoming.c


def judge(session: Session, site_id: int, *, asks: bool = False) -> Counter[str]:
    """Write on every staged row what would become of it; gives how many of each."""
    connection = session.connection()
    connection.execute(update(incoming).values(subscriber_id=whose(site_id)))
    connection.execute(update(incoming).values(word=_word(site_id, asks=asks)))
    found = session.execute(select(_row.word, func.count()).group_by(_row.word))
    return Counter(dict(found.all()))


def _word(site_id: int, *, asks: bool) -> ColumnElement[str]:
    """The first that is true counts."""
    is_new, is_active = _row.subscriber_id.is_(None), _row.fate == Fate.ACTIVE.value
    newcomer = Became.ASKED if asks else Became.NEW
    return case(
        (_is_suppressed(site_id), Became.SUPPRESSED.value),
        (is_new & _was_told_off(site_id), Became.LEFT.value),
        (is_new & is_active, newcomer.value),
        (_row.fate == Fate.PENDING.value, Became.PENDING.value),
        (is_new & (_row.fate == Fate.GONE.value), Became.GONE.value),
        (is_new, Became.BARRED.value),
        (~_is_confirmed() & _had_any(), Became.LEFT.value),
        # A reader of ours agreed here; what they did elsewhere does not end that.
        (~is_active, Became.ALREADY.value),
        (~_is_confirmed(), (Became.ASKED if asks else Became.OPEN).value),
        (_wants_more(), Became.MORE.value),
        else_=Became.ALREADY.value,
    )


def whose(site_id: int) -> ScalarSelect[int]:
    """The reader of a row's address: looked up one by one in the unique index, whatever the planner has heard."""
    ours = Subscriber.site_id == site_id, Subscriber.address_key == _row.address_key
    return select(Subscriber.id).where(*ours).correlate(incoming).scalar_subquery()


def _is_suppressed(site_id: int) -> ColumnElement[bool]:
    return exists().where(
        Suppression.site_id == site_id, Suppression.address_hash == _row.address_hash, Suppression.lifted_at.is_(None)
    )


def _was_told_off(site_id: int) -> ColumnElement[bool]:
    """Whether an earlier list said that they had left."""
    return exists().where(
        ConsentEvent.address_hash == _row.address_hash,
        ConsentEvent.site_id == site_id,
        ConsentEvent.action == ConsentAction.UNSUBSCRIBED,
    )


def _had_any() -> ColumnElement[bool]:
    return exists().where(Subscription.subscriber_id == _row.subscriber_id)


def _is_confirmed() -> ColumnElement[bool]:
    return exists().where(Subscriber.id == _row.subscriber_id, Subscriber.confirmed_at.is_not(None))


def _wants_more() -> ColumnElement[bool]:
    """Topics that they never had: one that they ended stays ended."""
    had = exists().where(
        Subscription.subscriber_id == _row.subscriber_id, Subscription.topic_id == topic_sets.c.topic_id
    )
    return exists().where(topic_sets.c.number == _row.topics, ~had)
