"""What the cells of a list stand for: sets of topics and of tags, each worked out once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.desk.tagging import tag_ids
from notifier.domain import topics
from notifier.domain.importing.plan import Plan
from notifier.domain.importing.rows import TAG_MAX, pieces
from notifier.models import Topic

CATEGORIES_MAX: Final = 5000
SETS_MAX: Final = 20_000
"""A column with more different cells than that is no column of topics or tags; later ones count as empty."""


@dataclass(slots=True)
class Sets:
    """Cells by number, with the ids of what is in them."""

    everybody: dict[str, int]
    """Topics of the whole list, name -> id."""
    by_word: dict[str, tuple[str, int]]
    """A word, case-folded -> the topic it stands for."""
    tag: str
    _topics: dict[str, int] = field(default_factory=dict)
    _tags: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session, site_id: int, plan: Plan) -> "Sets":
        """What this plan says, with the site's categories by their own names."""
        mine = Topic.site_id == site_id
        wanted = {*plan.topics, *plan.words.values()}
        ids = dict(session.execute(select(Topic.name, Topic.id).where(mine, Topic.name.in_(wanted))).all())
        categories = select(Topic.name, Topic.label, Topic.id).where(mine, Topic.name.startswith("category:"))
        by_word: dict[str, tuple[str, int]] = {}
        for name, label, number in session.execute(categories.limit(CATEGORIES_MAX)):
            by_word[label.casefold()] = by_word[name.partition(":")[2]] = (name, number)
        by_word |= {word: (name, ids[name]) for word, name in plan.words.items() if name in ids}
        return cls({name: ids[name] for name in plan.topics if name in ids}, by_word, plan.tag.strip()[:TAG_MAX])

    def topics(self, cell: str) -> int:
        """The number of a cell of topics."""
        return _number(self._topics, cell)

    def tags(self, cell: str) -> int:
        """The number of a cell of tags."""
        return _number(self._tags, cell)

    def named(self, numbers: Iterable[int]) -> dict[int, dict[str, int]]:
        """Set -> its topics, name -> id; for these numbers."""
        cells = list(self._topics)
        return {number: self._of(cells[number]) for number in numbers}

    def tagged(self, session: Session, site_id: int, numbers: Iterable[int], now: object) -> dict[int, list[int]]:
        """Set -> ids of tags, made where they are new."""
        cells = list(self._tags)
        words = {n: [*([self.tag] if self.tag else []), *pieces(cells[n])] for n in numbers}
        names = list(dict.fromkeys(word for some in words.values() for word in some))
        ids = tag_ids(session, site_id, names, now)
        return {n: [ids[word] for word in dict.fromkeys(some) if word in ids] for n, some in words.items()}

    def _of(self, cell: str) -> dict[str, int]:
        found = dict(self.everybody)
        for word in pieces(cell):
            known = self.by_word.get(word.casefold()) or self.by_word.get(topics.category(word).partition(":")[2])
            if known:
                found[known[0]] = known[1]
        return found


def _number(cells: dict[str, int], cell: str) -> int:
    number = cells.get(cell)
    if number is None:
        number = cells.setdefault(cell if len(cells) < SETS_MAX else "", len(cells))
    return number
