"""One article, at once, to everyone who asked for that."""

from sqlalchemy import Select, literal, select, update
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Delivery, Item, Letter
from notifier.stages.plan.letters import DELIVERY_COLUMNS, Draft, Edition, letter_ids, owed_columns


def plan_alerts(session: Session, edition: Edition, item: Item, readers: Select[int, str]) -> int:
    """One letter a language, one delivery a reader (INSERT … SELECT); gives how many are new."""
    who = readers.subquery()
    planned = 0
    for language in session.scalars(select(who.c.language).distinct()).all():
        draft = Draft(edition.site.id, LetterKind.ALERT, edition.spoken(language), (item.id,), Frequency.INSTANT)
        letter = letter_ids(session, [draft], edition.now)[draft.key]
        columns = owed_columns(edition, LetterKind.ALERT, item.id, literal(letter), who.c.id)
        owed = select(*columns).where(who.c.language == language)
        new = affected(session, upsert(session, Delivery).from_select(DELIVERY_COLUMNS, owed).on_conflict_do_nothing())
        session.execute(update(Letter).where(Letter.id == letter).values(planned_count=Letter.planned_count + new))
        planned += new
    item.planned_count += planned
    return planned
