"""What became of whole sends: opens and clicks by day and by issue, digest or alert, kept as sums of nobody."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain.traces import HUMAN, Onlooker, TraceKind
from notifier.domain.words import LetterKind
from notifier.models import Letter, TraceCount, TraceSum

_LINE: Final = ("site_id", "letter_kind", "about_id", "day", "kind", "onlooker")


class Send(NamedTuple):
    """Letters that are counted together; `about_id` is 0 for those to one person each."""

    site_id: int
    kind: LetterKind
    about_id: int


@dataclass(frozen=True, slots=True)
class Sum:
    """How often something was opened, or links of it followed."""

    people: int = 0
    """By people: also by a provider's proxy, when a person opened the letter."""
    machines: int = 0
    apple: int = 0
    """By Apple's privacy proxy, which opens everything."""

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.people + other.people, self.machines + other.machines, self.apple + other.apple)

    def per_hundred(self, letters: int) -> float:
        """By people, for each hundred letters, with one digit; 0 of none."""
        return round(self.people * 100 / letters, 1) if letters else 0.0

    @classmethod
    def of(cls, onlooker: Onlooker, count: int) -> "Sum":
        """One kind of onlooker's."""
        if onlooker in HUMAN:
            return cls(people=count)
        return cls(apple=count) if onlooker is Onlooker.APPLE else cls(machines=count)


def add(session: Session, seen: Iterable[tuple[Send, str, TraceKind, Onlooker]]) -> None:
    """Add to the sums what was counted letter by letter: (send, day, what, by whom), each once."""
    sums = Counter((*send, day, kind, who) for send, day, kind, who in seen)
    # Always in the same order: two of these at once must not wait for each other.
    rows: list[dict[str, Any]] = [
        {**dict(zip(_LINE, line, strict=True)), "count": number} for line, number in sorted(sums.items())
    ]
    if rows:
        fresh = upsert(session, TraceSum)
        more = {"count": TraceSum.count + fresh.excluded.count}
        session.execute(fresh.on_conflict_do_update(index_elements=list(_LINE), set_=more), rows)


def by_day(session: Session, site_id: int, since: str) -> dict[TraceKind, dict[str, Sum]]:
    """What -> day (of UTC) -> how often, over all letters of a site from this day on."""
    names = TraceSum.kind, TraceSum.day, TraceSum.onlooker
    rows = session.execute(
        select(*names, func.sum(TraceSum.count))
        .where(TraceSum.site_id == site_id, TraceSum.day >= since)
        .group_by(*names)
    )
    found: dict[TraceKind, dict[str, Sum]] = {kind: {} for kind in TraceKind}
    for kind, day, who, number in rows:
        found[kind][day] = found[kind].get(day, Sum()) + Sum.of(who, int(number))
    return found


def by_send(
    session: Session, keys: Collection[tuple[LetterKind, int]]
) -> Mapping[tuple[LetterKind, int], dict[TraceKind, Sum]]:
    """(kind of letter, what it is about) -> what -> how often; a send that nobody looked at is missing."""
    names = TraceSum.letter_kind, TraceSum.about_id, TraceSum.kind, TraceSum.onlooker
    rows = session.execute(
        select(*names, func.sum(TraceSum.count))
        .where(tuple_(TraceSum.letter_kind, TraceSum.about_id).in_(list(keys)))
        .group_by(*names)
    )
    found: dict[tuple[LetterKind, int], dict[TraceKind, Sum]] = {}
    for letter, about, kind, who, number in rows:
        of = found.setdefault((letter, about), {})
        of[kind] = of.get(kind, Sum()) + Sum.of(who, int(number))
    return found


def rebuild(session: Session) -> None:
    """Make the sums anew from the counts of each letter, while nobody counts."""
    session.execute(delete(TraceSum))
    names = (
        TraceCount.site_id, Letter.kind.label("letter_kind"), Letter.about_id, TraceCount.day, TraceCount.kind,
        TraceCount.onlooker,
    )  # fmt: skip
    counted = select(*names, func.sum(TraceCount.count)).join(Letter, Letter.id == TraceCount.letter_id)
    session.execute(insert(TraceSum).from_select([*_LINE, "count"], counted.group_by(*names)))
