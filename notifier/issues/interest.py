"""Which subject of an issue moved its readers, as far as the site's policy lets anybody know."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from notifier.domain.desk_words import WinnerRule
from notifier.domain.words import LetterKind
from notifier.feedback.heed import Sum
from notifier.feedback.traces import Heed, clicks_of, opens_of
from notifier.models import Issue, Letter

LINKS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Interest:
    """How an issue's letters were opened and their links followed."""

    opens: Sum
    clicks: Sum
    by_subject: Mapping[int, tuple[int, int]]
    """Place of a subject -> (opens, clicks) by people."""
    links: tuple[tuple[str, int], ...]
    """The links that people followed most, and how often."""


def interest(session: Session, issue: Issue) -> Mapping[int, int] | None:
    """How often people, not machines, opened or clicked the samples' letters of each subject, by its place.

    None where an editor chooses by hand, or nothing was counted.
    """
    if issue.winner_rule is WinnerRule.HAND:
        return None
    subjects = _subjects(session, issue.id, only_samples=True)
    asked = clicks_of if issue.winner_rule is WinnerRule.CLICKS else opens_of
    moved = _by_subject(subjects, asked(session, subjects))
    return moved if moved.total() else None


def of_issue(session: Session, issue_id: int) -> Interest:
    """All that was counted of one issue."""
    subjects = _subjects(session, issue_id)
    opens, clicks = opens_of(session, subjects), clicks_of(session, subjects)
    opened, clicked, links = _by_subject(subjects, opens), _by_subject(subjects, clicks), Counter[str]()
    for one in clicks.values():
        links.update(one.links)
    return Interest(
        _sum(opens), _sum(clicks), {one: (opened[one], clicked[one]) for one in sorted({*subjects.values()})},
        tuple(links.most_common(LINKS_SHOWN)),
    )  # fmt: skip


def _subjects(session: Session, issue_id: int, *, only_samples: bool = False) -> dict[int, int]:
    """The issue's letters, and the place of the subject that each has."""
    # Spelt out, for a parameter would hide from the database that an index holds just the letters of issues.
    is_issue = Letter.kind == literal(LetterKind.ISSUE.value, literal_execute=True)
    theirs = select(Letter.id, Letter.data).where(is_issue, Letter.about_id == issue_id)
    found = session.execute(theirs)
    return {letter: int(data["subject"]) for letter, data in found if not (only_samples and data.get("is_rest"))}


def _by_subject(subjects: Mapping[int, int], found: Mapping[int, Heed]) -> Counter[int]:
    moved = Counter[int]()
    for letter, heed in found.items():
        moved[subjects[letter]] += heed.by_people
    return moved


def _sum(found: Mapping[int, Heed]) -> Sum:
    return sum((Sum.of(who, count) for one in found.values() for who, count in one.times.items()), Sum())
