"""Which subject of an issue moved its readers, as far as the site's policy lets anybody know."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.desk_words import WinnerRule
from notifier.domain.words import LetterKind
from notifier.feedback.traces import clicks_of, opens_of
from notifier.models import Delivery, Issue, Letter


def interest(session: Session, issue: Issue) -> Mapping[int, int] | None:
    """How often people, not machines, opened or clicked the letters of each subject, by its place.

    None where an editor chooses by hand, or nothing was counted.
    """
    if issue.winner_rule is WinnerRule.HAND:
        return None
    theirs = select(Delivery.letter_id).where(Delivery.kind == LetterKind.ISSUE, Delivery.about_id == issue.id)
    letters = set(session.scalars(theirs.distinct()))
    asked = clicks_of if issue.winner_rule is WinnerRule.CLICKS else opens_of
    found = asked(session, letters)
    moved = Counter[int]()
    for letter, data in session.execute(select(Letter.id, Letter.data).where(among(session, Letter.id, found))):
        moved[int(data["subject"])] += found[letter].by_people
    return moved if moved.total() else None
