"""Sends from the running count, the newest first; however many letters one has, it costs a few rows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select, true
from sqlalchemy.orm import Session

from notifier.domain.balance import Page
from notifier.domain.words import Frequency, LetterKind, Reason, State
from notifier.models import Correction, Issue, Item, Run, Tally
from notifier.stages.sends.key import SHARED, Send, SendKey
from notifier.tally import PLANNED

PAGE: Final = 40
_DAY: Final = case((Tally.kind.in_(SHARED), ""), else_=Tally.day)
_ABOUT: Final = case((Tally.kind.in_(SHARED), Tally.about_id), else_=0)

_NAMES: Final[dict[LetterKind, Callable[[Sequence[int]], Any]]] = {
    LetterKind.DIGEST: lambda ids: select(Run.id, literal(""), Run.frequency, Run.slot).where(Run.id.in_(ids)),
    LetterKind.ALERT: lambda ids: select(Item.id, Item.title, null(), Item.announced_at).where(Item.id.in_(ids)),
    LetterKind.ISSUE: lambda ids: select(Issue.id, Issue.title, null(), Issue.begun_at).where(Issue.id.in_(ids)),
    LetterKind.CORRECTION: lambda ids: (
        select(Correction.id, Item.title, null(), Correction.created_at)
        .join(Item, Item.id == Correction.item_id)
        .where(Correction.id.in_(ids))
    ),
}
"""(id, title, frequency, moment) of what letters of each kind are about."""


@dataclass(slots=True)
class _Counted:
    planned: int = 0
    first_id: int = 0
    last_id: int = 0
    day: str = ""
    ended: dict[tuple[State, Reason | None], int] = field(default_factory=dict)

    def page(self) -> Page:
        # What is planned and has not ended is open: counting it letter by letter would cost seconds in mid-send.
        waits = self.planned - sum(self.ended.values())
        return Page.of(self.planned, {State.QUEUED: waits}, self.ended)


def sends(
    session: Session, site_id: int, before_id: int = 0, most: int = PAGE, kinds: Collection[LetterKind] = ()
) -> list[Send]:
    """A page of a site's sends; `before_id` is the last letter's id of the send that the page before ended with.

    With `kinds` only those.
    """
    last = func.max(Tally.last_id)
    planned = (
        select(Tally.kind, _ABOUT.label("about"), _DAY.label("day"))
        .where(Tally.site_id == site_id, Tally.entry == PLANNED, Tally.kind.in_(kinds) if kinds else true())
        .group_by(Tally.kind, _ABOUT, _DAY)
        .having(last < before_id if before_id else true())
        .order_by(last.desc())
        .limit(most)
    )
    keys = [SendKey(LetterKind(kind), about, day) for kind, about, day in session.execute(planned)]
    return _with_counts(session, site_id, keys)


def find(session: Session, site_id: int, key: SendKey) -> Send | None:
    """One send of a site; None where nothing was planned of that name."""
    return next(iter(_with_counts(session, site_id, [key])), None)


def some(session: Session, site_id: int, keys: Sequence[SendKey]) -> list[Send]:
    """These sends of a site; those of which nothing was planned are missing."""
    return _with_counts(session, site_id, keys)


def named(session: Session, keys: Sequence[SendKey]) -> dict[SendKey, tuple[str, Frequency | None, datetime | None]]:
    """(title, frequency, moment) of what these sends are about, in a query a kind; those that are gone are missing."""
    ids: dict[LetterKind, list[int]] = defaultdict(list)
    for key in keys:
        if key.about_id:
            ids[key.kind].append(key.about_id)
    found: dict[SendKey, tuple[str, Frequency | None, datetime | None]] = {}
    for kind in ids.keys() & _NAMES.keys():
        for about, title, often, at in session.execute(_NAMES[kind](ids[kind])):
            found[SendKey(kind, about)] = title, often, at
    return found


def _with_counts(session: Session, site_id: int, keys: Sequence[SendKey]) -> list[Send]:
    if not keys:
        return []
    counted = _counted(session, site_id, keys)
    names = named(session, keys)
    made = []
    for key in keys:
        if (one := counted.get(key)) and one.planned:
            title, frequency, at = names.get(key, ("", None, None))
            day = datetime.fromisoformat(one.day).replace(tzinfo=UTC)
            made.append(Send(key, one.page(), one.first_id, one.last_id, at or day, frequency, title))
    return made


def _counted(session: Session, site_id: int, keys: Sequence[SendKey]) -> dict[SendKey, _Counted]:
    names = Tally.kind, _ABOUT, _DAY, Tally.entry, Tally.reason
    sums = func.sum(Tally.count), func.min(Tally.first_id), func.max(Tally.last_id), func.max(Tally.day)
    rows: Any = session.execute(
        select(*names, *sums).where(Tally.site_id == site_id, or_(*_named(keys))).group_by(*names)
    )
    found: dict[SendKey, _Counted] = defaultdict(_Counted)
    for kind, about, day, entry, reason, count, first, last, latest in rows:
        one = found[SendKey(LetterKind(kind), about, day)]
        one.day = max(one.day, latest)
        if entry == PLANNED:
            one.planned, one.first_id, one.last_id = int(count), first or 0, last or 0
        elif count:
            one.ended[State(entry), Reason(reason) if reason else None] = int(count)
    return found


def _named(keys: Sequence[SendKey]) -> list[ColumnElement[bool]]:
    abouts: dict[LetterKind, list[int]] = defaultdict(list)
    days: dict[LetterKind, list[str]] = defaultdict(list)
    for key in keys:
        if key.about_id:
            abouts[key.kind].append(key.about_id)
        else:
            days[key.kind].append(key.day)
    return [
        *(and_(Tally.kind == kind, Tally.about_id.in_(some)) for kind, some in abouts.items()),
        *(and_(Tally.kind == kind, Tally.about_id == 0, Tally.day.in_(some)) for kind, some in days.items()),
    ]
