"""One article, at once, to everyone who asked for that."""

from sqlalchemy import Select
from sqlalchemy.orm import Session

from notifier.domain.words import Frequency, LetterKind
from notifier.models import Item
from notifier.stages.plan.crowd import plan_crowd
from notifier.stages.plan.letters import About, Draft, Edition


def plan_alerts(session: Session, edition: Edition, item: Item, readers: Select[int, str]) -> int:
    """One letter a language, one delivery a reader, for an item that was not planned yet; gives how many are new.

    `readers` are rows of (reader, want), and what a reader wants is a language.
    """

    def draft(language: str) -> Draft:
        spoken = edition.spoken(language)
        return Draft(edition.site.id, LetterKind.ALERT, spoken, (item.id,), Frequency.INSTANT, about_id=item.id)

    planned = plan_crowd(session, edition, About(LetterKind.ALERT, item.id), readers, draft)
    item.planned_count += planned
    return planned
