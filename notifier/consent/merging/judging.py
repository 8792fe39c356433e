"""What becomes of the staged rows, a word on each; it looks rows up one by one, and changes nothing that stays.

An import never lifts a suppression, and never brings back who left: neither whom this site saw leave, nor whom an
earlier list did. Who has left an address for another is the same reader still.
"""

from collections import Counter
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Subquery, case, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from notifier.bulk import looked_up, unseen
from notifier.consent.merging.staging import incoming, judged, topic_sets
from notifier.consent.merging.words import Became
from notifier.db import is_server
from notifier.domain.importing.rows import Fate
from notifier.domain.words import ConsentAction
from notifier.models import ConsentEvent, Subscriber, Subscription, barring, former_addresses

LEFT_ONE: Final = "left_one_list"
"""In what is kept of somebody who left one list among several: the import that told it."""
NEW: Final = judged.c.word == Became.NEW.value


def judge(
    session: Session, site_id: int, *, asks: bool = False, is_for_good: bool = True, of_lists: int = 0
) -> Counter[str]:
    """Write down what becomes of every staged row; gives how many of each.

    On PostgreSQL new readers get the ids that they will have, where it `is_for_good`. `of_lists` is the import, where
    it has a row for each list that somebody is on: that they left one of its lists keeps them out of no other.
    """
    # OFFSET 0: each look-up is made once, and not again wherever its answer is used.
    known = select(incoming, _theirs(site_id).label("subscriber_id")).offset(0).subquery("known")
    barred = barring(session, site_id, known.c.address_hash, known.c.address_key)
    word = _word(known, site_id, of_lists, or_(*map(looked_up, barred)), asks=asks)
    told = select(known, word.label("word")).offset(0).subquery("told")
    ours: ColumnElement[Any] = told.c.subscriber_id
    if is_for_good and is_server(session):
        sequence = session.scalar(select(func.pg_get_serial_sequence(Subscriber.__tablename__, "id")))
        ours = case((told.c.word == Became.NEW.value, func.nextval(sequence)), else_=ours)
    columns = [column.name for column in judged.columns]
    rows = select(*(ours if name == "subscriber_id" else told.c[name] for name in columns))
    session.connection().execute(insert(judged).from_select(columns, rows))
    found = session.execute(select(judged.c.word, func.count()).group_by(judged.c.word))
    return Counter(dict(found.all()))


def _word(
    row: Subquery, site_id: int, of_lists: int, is_barred: ColumnElement[bool], *, asks: bool
) -> ColumnElement[str]:
    """The first that is true counts."""
    is_new, is_active = row.c.subscriber_id.is_(None), row.c.fate == Fate.ACTIVE.value
    is_confirmed = _is_confirmed(row)
    newcomer = Became.ASKED if asks else Became.NEW
    return case(
        (is_barred, Became.SUPPRESSED.value),
        (is_new & _was_told_off(row, site_id, of_lists), Became.LEFT.value),
        (is_new & is_active, newcomer.value),
        (row.c.fate == Fate.PENDING.value, Became.PENDING.value),
        (is_new & row.c.fate.in_((Fate.GONE.value, Fate.OFF.value)), Became.GONE.value),
        (is_new, Became.BARRED.value),
        (~is_confirmed & _had_any(row), Became.LEFT.value),
        # A reader of ours agreed here; what they did elsewhere does not end that.
        (~is_active, Became.ALREADY.value),
        (~is_confirmed, (Became.ASKED if asks else Became.OPEN).value),
        (_wants_more(row), Became.MORE.value),
        else_=Became.ALREADY.value,
    )


def whose(site_id: int, key: ColumnElement[str]) -> ScalarSelect[int]:
    """The reader of a row's address: looked up in the unique index, whatever the planner has heard."""
    ours = Subscriber.site_id == unseen(site_id), Subscriber.address_key == key
    return select(Subscriber.id).where(*ours).correlate_except(Subscriber).scalar_subquery()


def _theirs(site_id: int) -> ColumnElement[int | None]:
    """The reader of a row's address, or who has left it for another: where somebody has it, the second is not asked."""
    left = former_addresses().with_only_columns(ConsentEvent.subscriber_id)
    left = left.where(ConsentEvent.address_hash == incoming.c.address_hash, ConsentEvent.site_id == site_id)
    # A sum, which no index is sorted by: PostgreSQL would rather read all proofs backwards until one fits.
    left = left.order_by((ConsentEvent.id + 0).desc()).limit(1).correlate(incoming)
    return func.coalesce(whose(site_id, incoming.c.address_key), left.scalar_subquery())


def had(reader: ColumnElement[int], topic: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a reader ever had this topic: one that they ended stays ended."""
    theirs = Subscription.subscriber_id == reader, Subscription.topic_id == topic
    return looked_up(select(literal(1)).where(*theirs).correlate_except(Subscription))


def _was_told_off(row: Subquery, site_id: int, of_lists: int) -> ColumnElement[bool]:
    """Whether an earlier list said that they had left; not what this import's own rows said of another of its lists."""
    left = [
        ConsentEvent.address_hash == row.c.address_hash, ConsentEvent.site_id == site_id,
        ConsentEvent.action == ConsentAction.UNSUBSCRIBED,
    ]  # fmt: skip
    if of_lists:
        left.append(func.coalesce(ConsentEvent.detail[LEFT_ONE].as_integer(), 0) != of_lists)
    return looked_up(select(literal(1)).where(*left).correlate_except(ConsentEvent))


def _had_any(row: Subquery) -> ColumnElement[bool]:
    theirs = Subscription.subscriber_id == row.c.subscriber_id
    return looked_up(select(literal(1)).where(theirs).correlate_except(Subscription))


def _is_confirmed(row: Subquery) -> ColumnElement[bool]:
    they = Subscriber.id == row.c.subscriber_id, Subscriber.confirmed_at.is_not(None)
    return looked_up(select(literal(1)).where(*they).correlate_except(Subscriber))


def _wants_more(row: Subquery) -> ColumnElement[bool]:
    wanted = topic_sets.c.number == row.c.topics, ~had(row.c.subscriber_id, topic_sets.c.topic_id)
    return looked_up(select(literal(1)).where(*wanted).correlate_except(topic_sets))
