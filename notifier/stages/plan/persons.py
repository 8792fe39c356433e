"""Deliveries that are planned person by person: confirmations, bundles of notices, particular digests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session

from notifier import tally
from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.words import LetterKind, State
from notifier.models import Delivery, Letter, Subscriber
from notifier.stages.plan.letters import DELIVERY_COLUMNS, About, Draft, Edition, letter_ids, owed_columns

AT_ONCE: Final = 500
"""Letters and deliveries written in one statement."""
MANY: Final = 20
"""Readers of one letter who are worth a statement of their own."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One letter to one person."""

    draft: Draft
    subscriber_id: int
    about_id: int


class Made(NamedTuple):
    """A new delivery."""

    id: int
    subscriber_id: int
    about_id: int


def plan_owed(session: Session, edition: Edition, kind: LetterKind, owed: Sequence[Owed]) -> list[Made]:
    """Write the letters and deliveries that are not there yet; gives the new ones."""
    made: list[Made] = []
    for first in range(0, len(owed), AT_ONCE):
        made += _plan(session, edition, kind, owed[first : first + AT_ONCE])
    return made


@dataclass(frozen=True, slots=True)
class Shared:
    """One letter to several persons."""

    draft: Draft
    about_id: int
    readers: tuple[int, ...]


def plan_shared(session: Session, edition: Edition, kind: LetterKind, shared: Sequence[Shared]) -> list[Made]:
    """As `plan_owed`: where many share a letter their deliveries are one statement."""
    made: list[Made] = []
    few = [one for one in shared if len(one.readers) < MANY]
    made += plan_owed(session, edition, kind, [Owed(one.draft, r, one.about_id) for one in few for r in one.readers])
    for one in shared:
        if len(one.readers) >= MANY:
            made += _plan_crowd(session, edition, kind, one)
    return made


def _plan_crowd(session: Session, edition: Edition, kind: LetterKind, one: Shared) -> list[Made]:
    (letter,) = letter_ids(session, [one.draft], edition.now).values()
    columns = owed_columns(edition, About(kind, one.about_id), literal(letter), Subscriber.id)
    readers = select(*columns).where(among(session, Subscriber.id, one.readers)).order_by(Subscriber.id)
    new = upsert(session, Delivery).from_select(DELIVERY_COLUMNS, readers).on_conflict_do_nothing()
    made = [
        Made(*row) for row in session.execute(new.returning(Delivery.id, Delivery.subscriber_id, Delivery.about_id))
    ]
    _count_letters(session, Counter({letter: len(made)}))
    _tally(session, edition, kind, made)
    return made


def _plan(session: Session, edition: Edition, kind: LetterKind, owed: Sequence[Owed]) -> list[Made]:
    letters = letter_ids(session, [one.draft for one in owed], edition.now)
    rows = [
        {
            "site_id": edition.site.id, "letter_id": letters[one.draft.key], "subscriber_id": one.subscriber_id,
            "kind": kind, "about_id": one.about_id, "lane": kind.lane, "state": State.QUEUED, "detail": "",
            "attempts": 0, "next_attempt_at": edition.now, "expires_at": edition.expires_at,
            "created_at": edition.now,
        }
        for one in owed
    ]  # fmt: skip
    new = session.execute(
        upsert(session, Delivery)
        .on_conflict_do_nothing()
        .returning(Delivery.id, Delivery.subscriber_id, Delivery.about_id, Delivery.letter_id),
        rows,
    ).all()
    _count_letters(session, Counter(row.letter_id for row in new))
    made = [Made(row.id, row.subscriber_id or 0, row.about_id) for row in new]
    _tally(session, edition, kind, made)
    return made


def _tally(session: Session, edition: Edition, kind: LetterKind, made: Sequence[Made]) -> None:
    if made:
        ids = [one.id for one in made]
        batch = tally.Batch(edition.site.id, kind, edition.now, min(ids), max(ids))
        tally.plan(session, batch, Counter(one.about_id for one in made))


def _count_letters(session: Session, counts: Counter[int]) -> None:
    """Note on each letter how many deliveries were planned for it, those of equal counts in one statement."""
    for count in set(counts.values()):
        letters = [letter for letter, so_many in counts.items() if so_many == count]
        more = update(Letter).where(Letter.id.in_(letters)).values(planned_count=Letter.planned_count + count)
        session.execute(more.execution_options(synchronize_session=False))
