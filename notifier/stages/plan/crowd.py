"""A crowd of readers is planned at once: those who want the same share a letter, in a few statements."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    FromClause,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from notifier import tally
from notifier.db import affected
from notifier.models import Delivery, Letter
from notifier.stages.plan.aside import aside
from notifier.stages.plan.letters import DELIVERY_COLUMNS, About, Draft, Edition, letter_ids, newest, owed_columns

AT_ONCE: Final = 500
"""Letters made in one statement."""
_SHARES: Final = Table(
    "shares",
    MetaData(),
    Column("want", Text, nullable=False),
    Column("readers", Integer, nullable=False),
    Column("letter_id", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)

Drafter = Callable[[str], Draft | None]
"""The letter for readers who want this; None where there is nothing for them."""


@dataclass(frozen=True, slots=True)
class _Share:
    """Readers who want the same, and the letter that is theirs."""

    want: str
    readers: int
    draft: Draft


def plan_crowd(session: Session, edition: Edition, about: About, readers: Select[int, str], draft: Drafter) -> int:
    """Owe each of these readers the letter for what they want; gives how many are new.

    `readers` are rows of (reader, want), each reader once. Raises RuntimeError when not everybody got theirs.
    """
    found = readers.subquery()
    typed = select(found.c.reader, cast(found.c.want, Text).label("want"))
    # Who wants what is the dearest question of a plan: it is asked once, and counting and writing see one answer.
    with aside(session, "crowd", typed) as crowd, _shares(session):
        rows = session.execute(select(crowd.c.want, func.count()).group_by(crowd.c.want)).all()
        shares = [_Share(want, count, one) for want, count in rows if (one := draft(want))]
        planned = sum(one.readers for one in shares)
        if not planned:
            return 0
        _write_shares(session, edition, shares)
        before = newest(session)
        new = _write_deliveries(session, edition, about, crowd)
        if new != planned:
            raise RuntimeError(f"{about} planned {new} deliveries for {planned} readers")
        _count_letters(session)
        ours = before + 1, newest(session)
        tally.plan(session, tally.Batch(edition.site.id, about.kind, edition.now, *ours), {about.id: planned})
        return planned


@contextmanager
def _shares(session: Session) -> Iterator[None]:
    session.execute(CreateTable(_SHARES))
    yield
    session.execute(DropTable(_SHARES))


def _write_shares(session: Session, edition: Edition, shares: Sequence[_Share]) -> None:
    drafts = {one.draft.key: one.draft for one in shares}
    keys, letters = list(drafts), dict[str, int]()
    for first in range(0, len(keys), AT_ONCE):
        letters |= letter_ids(session, [drafts[key] for key in keys[first : first + AT_ONCE]], edition.now)
    session.execute(
        insert(_SHARES),
        [{"want": one.want, "readers": one.readers, "letter_id": letters[one.draft.key]} for one in shares],
    )


def _write_deliveries(session: Session, edition: Edition, about: About, crowd: FromClause) -> int:
    owed = (
        select(*owed_columns(edition, about, _SHARES.c.letter_id, crowd.c.reader))
        .join(_SHARES, _SHARES.c.want == crowd.c.want)
        # Neighbours share a letter, so that a chunk of deliveries renders a few of them, not one for each.
        .order_by(_SHARES.c.letter_id, crowd.c.reader)
    )
    # No ON CONFLICT: it costs a tenth, and a reader who has theirs already is a fault to hear of, not one to pass over.
    return affected(session, insert(Delivery).from_select(DELIVERY_COLUMNS, owed))


def _count_letters(session: Session) -> None:
    """Note on each letter how many deliveries were planned for it, as the readers were counted."""
    counts = select(_SHARES.c.letter_id, func.sum(_SHARES.c.readers).label("planned")).group_by(_SHARES.c.letter_id)
    of_letter = counts.subquery()
    session.execute(
        update(Letter)
        .where(Letter.id == of_letter.c.letter_id)
        .values(planned_count=Letter.planned_count + of_letter.c.planned)
        .execution_options(synchronize_session=False)
    )
