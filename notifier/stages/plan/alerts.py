"""One article, at once, to everyone who asked for that."""

from sqlalchemy import Select, literal, select, update
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.domain.words import Frequency, LetterKind, State
from notifier.models import Delivery, Item, Letter
from notifier.stages.plan.letters import DELIVERY_COLUMNS, Draft, Edition, letter_id


def plan_alerts(session: Session, edition: Edition, item: Item, readers: Select[int, str]) -> int:
    """One letter a language, one delivery a reader (INSERT … SELECT); gives how many are new."""
    who = readers.subquery()
    kind, moment = LetterKind.ALERT, Delivery.created_at.type
    planned = 0
    for language in session.scalars(select(who.c.language).distinct()).all():
        draft = Draft(edition.site.id, kind, edition.spoken(language), (item.id,), Frequency.INSTANT)
        letter = letter_id(session, draft, edition.now)
        owed = select(
            literal(edition.site.id),
            literal(letter),
            who.c.id,
            literal(kind.value),
            literal(item.id),
            literal(kind.lane.value),
            literal(State.QUEUED.value),
            literal(""),
            literal(0),
            literal(edition.now, moment),
            literal(edition.expires_at, moment),
            literal(edition.now, moment),
        ).where(who.c.language == language)
        new = affected(session, upsert(session, Delivery).from_select(DELIVERY_COLUMNS, owed).on_conflict_do_nothing())
        session.execute(update(Letter).where(Letter.id == letter).values(planned_count=Letter.planned_count + new))
        planned += new
    item.planned_count += planned
    return planned
