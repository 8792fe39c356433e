"""The articles of a look: those changed since the last one, and a list to find what else changed or went."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from notifier.domain.words import ItemKind
from notifier.sources.faults import ApiInvalid
from notifier.sources.wordpress.articles import EMBED, FIELDS, read_post
from notifier.sources.wordpress.gathered import OVERLAP, PAGE, PAGES_MAX, ROUTES, SETTLED, Gathered, span
from notifier.sources.wordpress.seen import Row, Sighted, moment, number, stamp, text

WHOLE: Final = 50
"""Articles with all they embed in one answer."""
AFTER: Final = "articles_after"
_KIND: Final = ItemKind.ARTICLE
_ROUTE: Final = ROUTES[_KIND]
_ASK: Final = {"_fields": FIELDS, "_embed": EMBED}
_LIGHT: Final = {"_fields": "id,date_gmt,modified_gmt", "orderby": "date", "order": "desc"}
_DAY: Final = timedelta(days=1)


def changed(look: Gathered) -> None:
    """Articles written or edited since the last look, the earliest change first: what is cut off comes next time."""
    since, offset = look.since(AFTER), 0
    if since is None:
        return
    for _ in range(PAGES_MAX):
        ask = {**_ASK, "orderby": "modified", "order": "asc", "modified_after": stamp(since, OVERLAP)}
        rows = look.rest.rows(_ROUTE, ask, WHOLE, offset)
        moments = [at for at in (moment(row, "modified_gmt") for row in rows) if at is not None]
        if moments and min(moments) < since - OVERLAP - _DAY:
            raise ApiInvalid("too_old", "This WordPress is older than 5.7 and cannot be asked for changes: update it.")
        take(look, rows)
        look.read_until(AFTER, moments)
        if len(rows) < WHOLE:
            return
        # An article edited meanwhile moves to the end and all others forward, so no far offsets.
        newest = max(moments, default=since)
        since, offset = (newest, 0) if newest - since > OVERLAP else (since, offset + WHOLE)
    look.has_more = True


def recheck(look: Gathered, page: int) -> bool:
    """Compare a page of the list of articles with what is known; gives whether there are further pages.

    Finds what an edit's date cannot tell: what a schedule published, what was put back, what is gone. Only the first
    page brings in what was never seen; the archive stays where it is.
    """
    rows = look.rest.rows(_ROUTE, _LIGHT, PAGE, max(0, page * PAGE - 1))
    known = look.memory.sighted(_KIND, [number(row) for row in rows])
    if look.since(AFTER) is None:
        look.read_until(AFTER, [moment(row, "modified_gmt") for row in rows])
    fetch(look, [one for one in map(number, _unlike(rows, known, brings_new=page == 0)) if one])
    covered = span(rows, page)
    if covered is not None:
        look.look_for_gone(_KIND, {number(row) for row in rows}, *covered)
    return len(rows) == PAGE


def fetch(look: Gathered, numbers: Sequence[int]) -> None:
    """Take these articles in, whole."""
    wanted = [one for one in numbers if (_KIND, one) not in look.found]
    for first in range(0, len(wanted), WHOLE):
        take(look, look.by_number(_KIND, wanted[first : first + WHOLE], _ASK))


def take(look: Gathered, rows: Iterable[Row]) -> None:
    """Keep the articles of whole rows that differ from what is known."""
    seen = [one for one in (read_post(row, look.rest.root) for row in rows) if one is not None]
    known = look.memory.sighted(_KIND, [one.sighted.number for one in seen])
    for one in seen:
        before = known.get(one.sighted.number)
        # An article keeps the guid it came with, whatever the site calls it later: it must not be news twice.
        guid = before.guid if before else one.sighted.guid
        if before is None or not before.is_live or not before.mark or before.mark != one.sighted.mark:
            sighted = replace(one.sighted, guid=guid, mark=_settled(one.sighted.mark, look.now))
            look.found[_KIND, one.sighted.number] = replace(one, sighted=sighted, item=replace(one.item, guid=guid))


def _settled(mark: str, now: datetime) -> str:
    changed_at = moment({"at": mark}, "at")
    return mark if changed_at is not None and changed_at < now - SETTLED else ""


def _unlike(rows: Iterable[Row], known: Mapping[int, Sighted], *, brings_new: bool) -> Iterator[Row]:
    for row in rows:
        before = known.get(number(row))
        if before is None:
            if brings_new:
                yield row
        elif not before.is_live or before.mark != text(row, "modified_gmt"):
            yield row
