"""What became of whole sends: opens and clicks by day and by issue, digest or alert, kept as sums of nobody."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain.traces import HUMAN, Onlooker, TraceKind
from notifier.domain.words import LetterKind
from notifier.models import DaySum, Letter, TraceCount, TraceSum

_OF_SEND: Final = ("site_id", "letter_kind", "about_id", "kind", "onlooker")
_OF_DAY: Final = ("site_id", "measure", "day", "name")


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

    def per_hundred(self, letters: int) -> float | None:
        """By people, for each hundred letters, with one digit; None where there was none."""
        return round(self.people * 100 / letters, 1) if letters else None

    @classmethod
    def of(cls, onlooker: Onlooker, count: int) -> "Sum":
        """One kind of onlooker's."""
        if onlooker in HUMAN:
            return cls(people=count)
        return cls(apple=count) if onlooker is Onlooker.APPLE else cls(machines=count)


def add(session: Session, seen: Iterable[tuple[Send, str, TraceKind, Onlooker]]) -> None:
    """Add to the sums what was counted letter by letter: (send, day of UTC, what, by whom), each once."""
    sends, days = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    for send, day, kind, who in seen:
        sends[(*send, kind, who)] += 1
        days[send.site_id, kind.value, day, who.value] += 1
    _grow(session, TraceSum, _OF_SEND, sends)
    _grow(session, DaySum, _OF_DAY, days)


def _grow(session: Session, model: type[TraceSum | DaySum], line: Sequence[str], sums: Counter[Any]) -> None:
    # Always in the same order: two of these at once must not wait for each other.
    rows = [{**dict(zip(line, key, strict=True)), "count": number} for key, number in sorted(sums.items())]
    if rows:
        fresh = upsert(session, model)
        more = {"count": model.count + fresh.excluded.count}
        session.execute(fresh.on_conflict_do_update(index_elements=list(line), set_=more), rows)


def by_day(session: Session, site_id: int, since: str) -> dict[TraceKind, dict[str, Sum]]:
    """What -> day (of UTC) -> how often, over all letters of a site from this day on."""
    ours = DaySum.site_id == site_id, DaySum.measure.in_(list(TraceKind)), DaySum.day >= since
    found: dict[TraceKind, dict[str, Sum]] = {kind: {} for kind in TraceKind}
    for measure, day, who, number in session.execute(
        select(DaySum.measure, DaySum.day, DaySum.name, DaySum.count).where(*ours)
    ):
        days = found[TraceKind(measure)]
        days[day] = days.get(day, Sum()) + Sum.of(Onlooker(who), number)
    return found


def by_send(
    session: Session, site_id: int, keys: Collection[tuple[LetterKind, int]]
) -> Mapping[tuple[LetterKind, int], dict[TraceKind, Sum]]:
    """(kind of letter, what it is about) -> what -> how often; a send that nobody looked at is missing."""
    names = TraceSum.letter_kind, TraceSum.about_id, TraceSum.kind, TraceSum.onlooker
    rows = session.execute(
        select(*names, func.sum(TraceSum.count))
        .where(TraceSum.site_id == site_id, tuple_(TraceSum.letter_kind, TraceSum.about_id).in_(list(keys)))
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
    session.execute(delete(DaySum).where(DaySum.measure.in_(list(TraceKind))))
    number = func.sum(TraceCount.count)
    send = TraceCount.site_id, Letter.kind, Letter.about_id, TraceCount.kind, TraceCount.onlooker
    sends = select(*(one.label(name) for one, name in zip(send, _OF_SEND, strict=True)), number)
    joined = sends.join(Letter, Letter.id == TraceCount.letter_id).group_by(*send)
    session.execute(insert(TraceSum).from_select([*_OF_SEND, "count"], joined))
    day = TraceCount.site_id, TraceCount.kind, TraceCount.day, TraceCount.onlooker
    session.execute(insert(DaySum).from_select([*_OF_DAY, "count"], select(*day, number).group_by(*day)))
