"""One article, at once, to everyone who asked for that and is not in their quiet hours."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from notifier.asleep import asleep
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Item
from notifier.stages.plan.crowd import plan_crowd
from notifier.stages.plan.letters import About, Draft, Edition


def plan_alerts(session: Session, edition: Edition, item: Item, readers: Select[int, str]) -> int:
    """One letter a language, one delivery a reader, for an item that was not planned yet; gives how many are new.

    `readers` selects of Subscriber rows of (reader, want), and what a reader wants is a language. Whose quiet hours it
    came in are counted and owed nothing yet: they have it with their first hourly digest afterwards (`cohorts`).
    """

    def draft(language: str) -> Draft:
        spoken = edition.spoken(language)
        return Draft(edition.site.id, LetterKind.ALERT, spoken, (item.id,), Frequency.INSTANT, about_id=item.id)

    item.quiet = edition.quiet.of_alerts()
    if edition.quiet.holds_alerts:
        # By the moment it became news and not by now: digests ask the same of it, whenever it is matched.
        rest = asleep(session, edition.site.id, item.announced_at or edition.now, edition.quiet.usual)
        item.waits_count += session.scalar(select(func.count()).select_from(readers.where(rest).subquery())) or 0
        readers = readers.where(~rest)
    planned = plan_crowd(session, edition, About(LetterKind.ALERT, item.id), readers, draft)
    item.planned_count += planned
    return planned
