"""The letter that lets a reader in."""

from sqlalchemy.orm import Session

from notifier.domain.words import LetterKind
from notifier.models import Subscriber
from notifier.stages.plan.letters import Draft, Edition
from notifier.stages.plan.persons import Owed, plan_owed


def plan_sign_in(session: Session, edition: Edition, reader: Subscriber, sign_in_id: int) -> list[int]:
    """Owe one sign-in letter for this wish, however often it is asked to; gives the new delivery, if any."""
    draft = Draft(edition.site.id, LetterKind.MAGIC_LINK, edition.spoken(reader.language))
    owed = Owed(draft, reader.id, sign_in_id)
    return [made.id for made in plan_owed(session, edition, LetterKind.MAGIC_LINK, [owed])]
