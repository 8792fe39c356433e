"""The books by page: what was planned, what is open and how the rest ended, for every run, alert, issue, correction.

What ended is read from the tallies, only what is open is counted: the cost is that of the letters that are on their
way, whatever was sent before.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from notifier.domain.balance import Page
from notifier.domain.words import Frequency, LetterKind, Reason, State
from notifier.models import Correction, Delivery, Issue, Item, Run, Tally
from notifier.tally import PAGED, PLANNED

Key = tuple[LetterKind, int]
"""A kind of letters and the run, alert or correction they are about; 0 for letters that share a page."""

_CORRECTIONS: Final = select(Correction, Item.title).join(Item, Item.id == Correction.item_id)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a page is about."""

    kind: LetterKind
    about_id: int
    frequency: Frequency
    at: datetime
    """Of a run its slot; else when the item became news, the issue was begun, the correction was asked for."""
    title: str = ""

    @property
    def key(self) -> Key:
        """Where its page stands."""
        return self.kind, self.about_id


def pages(
    session: Session, site_id: int | None = None, only: Iterable[Key] | None = None, *, counts_open: bool = True
) -> dict[Key, Page]:
    """The pages of one site or of all; `only` those that are named, with an empty one for each that is not there.

    Without `counts_open` what is planned and has not ended stands as queued: a few rows, however many letters wait.
    """
    wanted = None if only is None else set(only)
    planned, open_ = Counter[Key](), defaultdict[Key, Counter[State]](Counter)
    ended = defaultdict[Key, Counter[tuple[State, Reason | None]]](Counter)
    for kind, about, entry, reason, count in session.execute(_counts(site_id, wanted, counts_open=counts_open)):
        key = LetterKind(kind), int(about)
        if entry == PLANNED:
            planned[key] += int(count)
        elif State(entry) in {State.QUEUED, State.SENDING}:
            open_[key][State(entry)] += int(count)
        elif count:
            ended[key][State(entry), Reason(reason) if reason else None] += int(count)
    keys = planned.keys() | open_.keys() | ended.keys() if wanted is None else wanted
    if not counts_open:
        open_.update({key: Counter({State.QUEUED: planned[key] - ended[key].total()}) for key in keys})
    return {key: Page.of(planned[key], open_[key], ended[key]) for key in keys}


def whole(found: Mapping[Key, Page]) -> Page:
    """All these pages as one."""
    open_, ended = Counter[State](), Counter[tuple[State, Reason | None]]()
    for page in found.values():
        open_.update({State.QUEUED: page.balance.queued, State.SENDING: page.balance.sending})
        ended.update(page.ended)
    return Page.of(sum(page.balance.planned for page in found.values()), open_, ended)


def headings(session: Session, most: int, site_id: int | None = None) -> list[Heading]:
    """The last runs, alerts, issues and corrections that had readers, the newest first."""
    runs = select(Run).where(Run.planned_count > 0).order_by(Run.slot.desc()).limit(most)
    items = select(Item).where(Item.planned_count > 0).order_by(Item.announced_at.desc()).limit(most)
    issues = select(Issue).where(Issue.begun_at.is_not(None)).order_by(Issue.begun_at.desc()).limit(most)
    corrections = _CORRECTIONS.where(Correction.planned_count > 0).order_by(Correction.created_at.desc()).limit(most)
    if site_id is not None:
        runs, items = runs.where(Run.site_id == site_id), items.where(Item.site_id == site_id)
        issues = issues.where(Issue.site_id == site_id)
        corrections = corrections.where(Correction.site_id == site_id)
    found = [
        *map(_of_run, session.scalars(runs)),
        *map(_of_item, session.scalars(items)),
        *map(_of_issue, session.scalars(issues)),
        *(_of_correction(*row) for row in session.execute(corrections)),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


def heading(session: Session, key: Key) -> Heading | None:
    """What a page is about; None where nothing was planned of that name."""
    kind, about_id = key
    if kind is LetterKind.DIGEST:
        run = session.get(Run, about_id)
        return _of_run(run) if run else None
    if kind is LetterKind.CORRECTION:
        row = session.execute(_CORRECTIONS.where(Correction.id == about_id)).one_or_none()
        return _of_correction(*row) if row else None
    if kind is LetterKind.ISSUE:
        issue = session.get(Issue, about_id)
        return _of_issue(issue) if issue else None
    item = session.get(Item, about_id) if kind is LetterKind.ALERT else None
    return _of_item(item) if item else None


def frequencies(session: Session, found: Iterable[Key]) -> dict[Key, Frequency]:
    """How often the letters of each page come: what a run says, and at once for all others."""
    keys = list(found)
    runs = [about for kind, about in keys if kind is LetterKind.DIGEST]
    of_run = {run: often for run, often in session.execute(select(Run.id, Run.frequency).where(Run.id.in_(runs)))}  # noqa: C416 - dict() loses the rows' types
    return {
        (kind, about): of_run.get(about, Frequency.INSTANT) if kind is LetterKind.DIGEST else Frequency.INSTANT
        for kind, about in keys
    }


def _of_run(run: Run) -> Heading:
    return Heading(LetterKind.DIGEST, run.id, run.frequency, run.slot)


def _of_item(item: Item) -> Heading:
    return Heading(LetterKind.ALERT, item.id, Frequency.INSTANT, item.announced_at or item.received_at, item.title)


def _of_correction(one: Correction, title: str) -> Heading:
    return Heading(LetterKind.CORRECTION, one.id, Frequency.INSTANT, one.created_at, title)


def _of_issue(issue: Issue) -> Heading:
    return Heading(LetterKind.ISSUE, issue.id, Frequency.INSTANT, issue.begun_at or issue.created_at, issue.title)


def _counts(
    site_id: int | None, wanted: set[Key] | None, *, counts_open: bool
) -> Select[Any, Any, Any, Any, Any] | CompoundSelect[Any, Any, Any, Any, Any]:
    """Rows of (kind, about, entry, reason, count), in one statement, for it sees one moment."""
    tallies = select(Tally.kind, Tally.about_id, Tally.entry, Tally.reason, func.sum(Tally.count)).group_by(
        Tally.kind, Tally.about_id, Tally.entry, Tally.reason
    )
    if site_id is not None:
        tallies = tallies.where(Tally.site_id == site_id)
    if wanted is not None:
        tallies = tallies.where(
            Tally.about_id.in_({about for _, about in wanted}), Tally.kind.in_({k for k, _ in wanted})
        )
    if not counts_open:
        return tallies
    # Each state by itself: the index of the queued and the one of those being sent hold nothing else.
    return union_all(tallies, *(_open(state, site_id) for state in (State.QUEUED, State.SENDING)))


def _open(state: State, site_id: int | None) -> Select[Any, Any, Any, Any, Any]:
    about = case((Delivery.kind.in_(PAGED), Delivery.about_id), else_=0)
    # Spelt out, for a parameter would hide from the database that the index holds just these.
    found = select(Delivery.kind, about, literal(state.value), literal(""), func.count()).where(
        Delivery.state == literal(state, literal_execute=True)
    )
    if site_id is not None:
        found = found.where(Delivery.site_id == site_id)
    return found.group_by(Delivery.kind, about)
