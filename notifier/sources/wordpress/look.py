"""One look at a WordPress: never more than it may ask, and what it found before a fault is not lost."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from notifier.domain.words import ItemKind
from notifier.sources.faults import ApiInvalid, FetchRefused
from notifier.sources.wordpress import posts, talk
from notifier.sources.wordpress.gathered import PAGE, Gathered
from notifier.sources.wordpress.rest import AllowanceSpentError, Rest
from notifier.sources.wordpress.seen import Memory, Seen, Sighted

_CLOSED: Final = frozenset({401, 403, 404})


@dataclass(frozen=True, slots=True)
class Terms:
    """`recheck` is how many of the latest articles, and of the latest comments, are compared again in turns."""

    now: datetime
    recheck: int = 1000


@dataclass(frozen=True, slots=True)
class Looked:
    """What is new or changed (articles first, answers after what they answer), what is gone, and how far it got.

    `notice` is worth telling an editor though the look succeeded; `error` says why it did not.
    """

    found: tuple[Seen, ...]
    gone: tuple[Sighted, ...]
    progress: dict[str, Any]
    has_more: bool = False
    notice: str = ""
    error: str = ""
    error_key: str = ""
    retry_after_s: int | None = None


@dataclass(slots=True)
class _Told:
    notices: list[str] = field(default_factory=list)
    fault: ApiInvalid | FetchRefused | None = None


def look(rest: Rest, memory: Memory, progress: dict[str, Any], terms: Terms) -> Looked:
    """See what a WordPress has. Never raises for a fault of the site: the fault is told in `error`."""
    gathered = Gathered(rest, memory, terms.now, dict(progress))
    told = _Told()
    try:
        _articles(gathered, terms)
        _comments(gathered, terms, told)
    except AllowanceSpentError:
        gathered.has_more = True
    except (ApiInvalid, FetchRefused) as fault:
        told.fault = fault
    if rest.too_large:
        told.notices.append(f"{rest.too_large} articles or comments are larger than a fetch may be and were left out.")
    return _looked(gathered, told)


def _articles(gathered: Gathered, terms: Terms) -> None:
    posts.changed(gathered)
    has_more = posts.recheck(gathered, 0)
    page = _turn(gathered, "articles_page", terms, has_more=has_more)
    if page:
        gathered.progress["articles_page"] = page if posts.recheck(gathered, page) else 0


def _comments(gathered: Gathered, terms: Terms, told: _Told) -> None:
    try:
        has_more = talk.recheck(gathered, 0)
    except ApiInvalid as fault:
        # Many sites hide them from the API on purpose: their articles are news all the same.
        if fault.status not in _CLOSED:
            raise
        told.notices.append(f"Only articles are read, the site does not show its comments: {fault.detail}")
        return
    page = _turn(gathered, "comments_page", terms, has_more=has_more)
    if page:
        gathered.progress["comments_page"] = page if talk.recheck(gathered, page) else 0


def _turn(gathered: Gathered, name: str, terms: Terms, *, has_more: bool) -> int:
    """Which older page is looked at again this time; 0 for none."""
    last = (terms.recheck - 1) // PAGE
    before = gathered.progress.get(name, 0)
    page = before % last + 1 if has_more and last > 0 and isinstance(before, int) else 0
    gathered.progress[name] = page
    return page


def _looked(gathered: Gathered, told: _Told) -> Looked:
    # Articles before comments, and the lower number first: what is answered is older than its answers.
    order = {ItemKind.ARTICLE: 0, ItemKind.COMMENT: 1}
    found = sorted(gathered.found.values(), key=lambda one: (order[one.sighted.kind], one.sighted.number))
    fault = told.fault
    return Looked(
        found=tuple(found),
        gone=tuple(gathered.gone),
        progress=gathered.progress,
        has_more=gathered.has_more,
        notice=" ".join(told.notices),
        error=fault.detail if fault else "",
        error_key=fault.key if fault else "",
        retry_after_s=fault.retry_after_s if isinstance(fault, FetchRefused) else None,
    )
