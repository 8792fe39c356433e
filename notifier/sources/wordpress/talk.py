"""The comments of a look: the newest, older ones in turn, and the family that each of them needs to be understood."""

from collections.abc import Iterable
from typing import Final

from notifier.domain.words import ItemKind
from notifier.sources.wordpress import posts
from notifier.sources.wordpress.comments import FIELDS, read_comment, with_family
from notifier.sources.wordpress.gathered import OVERLAP, PAGE, PAGES_MAX, ROUTES, Gathered, span
from notifier.sources.wordpress.seen import Row, Seen, moment, number, stamp

AFTER: Final = "comments_after"
GENERATIONS_MAX: Final = 10
_KIND: Final = ItemKind.COMMENT
_ROUTE: Final = ROUTES[_KIND]


def recheck(look: Gathered, page: int) -> bool:
    """Read a page of comments, the latest first, whole: WordPress keeps no date of an edit or an approval.

    Gives whether there are further pages. The first page also makes sure that nothing since the last look is missed.
    """
    rows = look.rest.rows(_ROUTE, {**_ask(look), "orderby": "date_gmt", "order": "desc"}, PAGE, max(0, page * PAGE - 1))
    if page == 0:
        _since_last(look, rows)
    take(look, rows)
    covered = span(rows, page)
    if covered is not None:
        look.look_for_gone(_KIND, {number(row) for row in rows}, *covered)
    return len(rows) == PAGE


def take(look: Gathered, rows: Iterable[Row]) -> None:
    """Keep the comments that are new or changed, with their articles and all they answer."""
    fresh = _unlike(look, rows)
    if not fresh:
        return
    posts.fetch(look, _unknown(look, ItemKind.ARTICLE, {one.article for one in fresh.values()}))
    _ancestors(look, fresh)
    articles = look.guids(ItemKind.ARTICLE, {one.article for one in fresh.values()})
    parents = look.guids(_KIND, {one.parent for one in fresh.values() if one.parent})
    for one in fresh.values():
        # Under an article that readers may not see nothing is kept: it is asked for again when it is seen again.
        if one.article in articles:
            has_parent = one.parent in parents or (one.parent in fresh and fresh[one.parent].article == one.article)
            look.found[_KIND, one.sighted.number] = with_family(one, articles[one.article], has_parent=has_parent)


def _since_last(look: Gathered, newest: list[Row]) -> None:
    """Where more came than one page holds: read on from where the last look ended, the earliest first."""
    since, dates = look.since(AFTER), [moment(row, "date_gmt") for row in newest]
    known = [at for at in dates if at is not None]
    if since is None or len(newest) < PAGE or not known or min(known) <= since:
        look.read_until(AFTER, dates)
        return
    offset = 0
    for _ in range(PAGES_MAX):
        ask = {**_ask(look), "orderby": "date_gmt", "order": "asc", "after": stamp(since, OVERLAP)}
        rows = look.rest.rows(_ROUTE, ask, PAGE, offset)
        take(look, rows)
        look.read_until(AFTER, [moment(row, "date_gmt") for row in rows])
        if len(rows) < PAGE:
            return
        offset += PAGE
    look.has_more = True


def _unlike(look: Gathered, rows: Iterable[Row]) -> dict[int, Seen]:
    seen = [one for one in (read_comment(row, look.rest.root) for row in rows) if one is not None]
    known = look.memory.sighted(_KIND, [one.sighted.number for one in seen])
    unlike: dict[int, Seen] = {}
    for one in seen:
        before = known.get(one.sighted.number)
        if before is None or not before.is_live or before.mark != one.sighted.mark:
            unlike[one.sighted.number] = one
    return unlike


def _ancestors(look: Gathered, fresh: dict[int, Seen]) -> None:
    """Fetch what comments answer, and what that answers; some of it may be years old, or hidden, or a circle."""
    wanted = {one.parent for one in fresh.values() if one.parent} - set(fresh)
    for _ in range(GENERATIONS_MAX):
        missing = _unknown(look, _KIND, wanted - set(fresh))[:PAGE]
        found = _unlike(look, look.by_number(_KIND, missing, _ask(look)))
        if not found:
            return
        fresh.update(found)
        wanted = {one.parent for one in found.values() if one.parent}


def _unknown(look: Gathered, kind: ItemKind, numbers: set[int]) -> list[int]:
    known = look.guids(kind, numbers)
    return sorted(one for one in numbers if one and one not in known)


def _ask(look: Gathered) -> dict[str, str]:
    return {"_fields": FIELDS, **look.rest.context}
