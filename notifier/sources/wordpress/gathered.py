"""What one look brings together, request by request; what was gathered before a fault is kept."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.domain.words import ItemKind
from notifier.sources.wordpress.rest import Rest
from notifier.sources.wordpress.seen import EPOCH, Memory, Row, Seen, Sighted, moment, number, stamp

PAGE: Final = 100
"""Rows in a light list: as many as WordPress gives at once."""
PAGES_MAX: Final = 8
OVERLAP: Final = timedelta(seconds=60)
"""Read twice, for what was saved a moment before it could be seen."""
SETTLED: Final = timedelta(seconds=5)
"""WordPress tells changes by the second: what changed just now may do so again within the same one."""
CHECKS_MAX: Final = 3
STATES: Final = {ItemKind.ARTICLE: frozenset({"publish"}), ItemKind.COMMENT: frozenset({"approved"})}
ROUTES: Final = {ItemKind.ARTICLE: "wp/v2/posts", ItemKind.COMMENT: "wp/v2/comments"}


@dataclass(slots=True)
class Gathered:
    """The things found and gone, and how far the site was read."""

    rest: Rest
    memory: Memory
    now: datetime
    progress: dict[str, Any]
    found: dict[tuple[ItemKind, int], Seen] = field(default_factory=dict)
    gone: list[Sighted] = field(default_factory=list)
    has_more: bool = False

    def guids(self, kind: ItemKind, numbers: Collection[int]) -> dict[int, str]:
        """The guids of those that are known and live, from this look or an earlier one."""
        here = {one: self.found[kind, one].sighted.guid for one in numbers if (kind, one) in self.found}
        before = self.memory.sighted(kind, [one for one in numbers if one not in here])
        return {**{one: seen.guid for one, seen in before.items() if seen.is_live}, **here}

    def since(self, name: str) -> datetime | None:
        """How far something was read."""
        return moment(self.progress, name)

    def read_until(self, name: str, moments: Iterable[datetime | None]) -> None:
        """Note the latest of these, unless the site's clock runs ahead of ours: that would hide what comes next."""
        known = [one for one in (self.since(name), *moments) if one is not None and one <= self.now]
        if known:
            self.progress[name] = stamp(max(known))

    def look_for_gone(self, kind: ItemKind, listed: Collection[int], first: datetime, last: datetime | None) -> None:
        """Note what was live in this span and is listed no more, once the site has said so itself.

        An empty list may be a fault of the site: it is asked for the missing ones again, and for some of them alone.
        """
        expected = self.memory.live_between(kind, first, last)
        missing = [one for one in expected if one not in listed and (kind, one) not in self.found][:PAGE]
        if not missing:
            return
        there = {number(row) for row in self.by_number(kind, missing, {"_fields": "id"})}
        missing = [one for one in missing if one not in there]
        alone = missing[:CHECKS_MAX]
        standing = [one for one in alone if self.rest.has(f"{ROUTES[kind]}/{one}", STATES[kind])]
        sure = alone if standing else missing
        self.gone += [expected[one] for one in sure if one not in standing]

    def by_number(self, kind: ItemKind, numbers: Collection[int], ask: dict[str, str]) -> list[Row]:
        """The rows of these numbers, as far as readers may see them."""
        wanted = ",".join(str(one) for one in numbers)
        return self.rest.rows(ROUTES[kind], {**ask, "include": wanted}, len(numbers)) if numbers else []


def span(rows: Sequence[Row], page: int) -> tuple[datetime, datetime | None] | None:
    """What span of time a page of a list covers, the latest first; the first page and the last are open-ended."""
    dates = [at for at in (moment(row, "date_gmt") for row in rows) if at is not None]
    if page and not dates:
        return None
    first = min(dates) if len(rows) == PAGE and dates else EPOCH
    return first, max(dates) if page else None
