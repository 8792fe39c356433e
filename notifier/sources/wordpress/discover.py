"""From the address of a site, as an editor types it, to its REST API and what is to be found there."""

import html
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from notifier.domain.html import bounded, clean_line
from notifier.sources.article import web_address
from notifier.sources.faults import ApiInvalid, FetchRefused
from notifier.sources.fetch import Fetched, Fetcher
from notifier.sources.wordpress.rest import Rest
from notifier.sources.wordpress.seen import Row, number, text

RELATION: Final = "https://api.w.org/"
CATEGORIES_MAX: Final = 100
_NAMESPACE: Final = "wp/v2"


@dataclass(frozen=True, slots=True)
class Discovered:
    """A WordPress: where its API is, and what it shows."""

    root: str
    name: str
    home: str
    articles: int
    comments: int | None
    """None where the site does not show them."""
    categories: tuple[tuple[str, int], ...]
    """Name and number of articles, the largest first."""
    comments_fault: str = ""
    has_wpdiscuz: bool = False


def discover(fetcher: Fetcher, url: str, authorization: str = "") -> Discovered:
    """Find the REST API of the site at this address.

    Raises `FetchRefused` or `ApiInvalid` with a sentence for the editor where there is none that can be read.
    """
    last: ApiInvalid | FetchRefused | None = None
    for root in dict.fromkeys(_candidates(fetcher, url)):
        rest = Rest(fetcher, root, authorization)
        try:
            index = rest.row("", {})
            if _NAMESPACE in (index.get("namespaces") or ()):
                return _described(rest, index)
        except (ApiInvalid, FetchRefused) as fault:
            # A login wall tells more than the address that came after it in vain.
            last = fault if last is None or _tells_more(fault, last) else last
    if last is not None and last.key not in ("no_api", "not_json"):
        raise last
    detail = "It is no WordPress, or its REST API is switched off"
    raise ApiInvalid("no_api", f"No WordPress was found at {url}. {detail}; its feed may do: `source add feed`.")


def _tells_more(fault: ApiInvalid | FetchRefused, last: ApiInvalid | FetchRefused) -> bool:
    return fault.status in (401, 403) and last.status not in (401, 403)


def _candidates(fetcher: Fetcher, url: str) -> list[str]:
    """Where the API may be: what the page itself says first, then where WordPress puts it."""
    parts = urlsplit(url)
    if "/wp-json" in parts.path:
        return [f"{url.partition('/wp-json')[0]}/wp-json/"]
    if "rest_route=" in parts.query:
        return [f"{url.partition('rest_route=')[0]}rest_route=/"]
    try:
        page = fetcher.get(url)
    except FetchRefused as fault:
        if not fault.status:
            raise
        # A page that is forbidden or missing may have an API beside it all the same.
        return [urljoin(url, "/wp-json/"), urljoin(url, "/?rest_route=/")]
    base = page.url.split("?")[0].split("#")[0]
    base = base if base.endswith("/") else f"{base.rsplit('/', 1)[0]}/"
    guesses = [urljoin(place, way) for place in (base, urljoin(base, "/")) for way in ("wp-json/", "?rest_route=/")]
    return [*(_as_root(one) for one in _said(page) if one), *guesses]


def _said(page: Fetched) -> list[str]:
    """The address in the Link header, and in the page's head."""
    said = [
        part.split(">")[0].lstrip(" <")
        for part in page.headers.get("link", "").split(", <")
        if RELATION in part.partition(">")[2]
    ]
    tree = LexborHTMLParser(bounded(page.body[:500_000].decode(errors="replace")))
    said += [link.attributes.get("href") or "" for link in tree.css(f'link[rel="{RELATION}"]')]
    return [web_address(one, page.url) for one in said]


def _as_root(address: str) -> str:
    return address if address.endswith("/") else f"{address}/"


def _described(rest: Rest, index: Row) -> Discovered:
    rest.rows("wp/v2/posts", {"_fields": "id"}, 1)
    rows = rest.rows("wp/v2/categories", {"_fields": "name,count", "orderby": "count", "order": "desc"}, CATEGORIES_MAX)
    named = ((clean_line(html.unescape(text(row, "name"))), number(row, "count")) for row in rows)
    fault = _comments_fault(rest)
    return Discovered(
        root=rest.root,
        name=clean_line(html.unescape(text(index, "name"))),
        home=web_address(text(index, "home"), rest.root),
        articles=rest.totals.get("wp/v2/posts", 0),
        comments=None if fault else rest.totals.get("wp/v2/comments", 0),
        categories=tuple((name, count) for name, count in named if name and count),
        comments_fault=fault,
        has_wpdiscuz=any("wpdiscuz" in str(one).lower() for one in index.get("namespaces") or ()),
    )


def _comments_fault(rest: Rest) -> str:
    try:
        rest.rows("wp/v2/comments", {"_fields": "id", **rest.context}, 1)
    except ApiInvalid as fault:
        return fault.detail
    return ""
