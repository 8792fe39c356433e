"""A feed's body to NewItem values: RSS, RDF and Atom by feedparser, JSON Feed by json."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import feedparser
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.html import bounded
from notifier.domain.items import NewItem
from notifier.sources.article import web_address
from notifier.sources.charset import decode
from notifier.sources.entries import as_line, language_of, read_entry
from notifier.sources.faults import FeedInvalid
from notifier.sources.jsonfeed import read_json
from notifier.sources.markup import root_of, tidy

__all__ = ["Feed", "FeedInvalid", "parse_feed", "read_feed"]

ENTRIES_MAX: Final = 200
ENTRIES_READ_MAX: Final = 2000
_ROOTS: Final = frozenset({"rss", "feed", "rdf", "channel"})
_FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_PERIODS_S: Final = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that was read; `hint_s` is how long it asks to be left alone."""

    items: tuple[NewItem, ...]
    title: str = ""
    language: str = ""
    hint_s: int | None = None


def read_feed(body: bytes, content_type: str, url: str) -> tuple[NewItem, ...]:
    """The items of a feed, as `parse_feed` reads them."""
    return parse_feed(body, content_type, url).items


def parse_feed(body: bytes, content_type: str, url: str) -> Feed:
    """Read a feed in any charset; `url` is where it came from and resolves what is relative.

    At most 200 items, the newest; each guid once. Raises `FeedInvalid` for what is no feed.
    """
    text = decode(body, content_type).lstrip("\ufeff \t\r\n\0")
    if not text:
        raise FeedInvalid("empty", "The address answers with nothing.")
    if text.startswith(("{", "[")):
        items, title, language = read_json(text, url)
        return Feed(_newest(items), title, language)
    root = root_of(text)
    if root not in _ROOTS:
        raise _not_a_feed(text, root, url)
    return _read_xml(tidy(text), url)


def _read_xml(text: str, url: str) -> Feed:
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode()),
            # No address is given, and both acts are done by our own hand, later and once: feedparser would make a
            # guid such as "17" an address too, which changes when the feed moves.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # feedparser lets many kinds of exception through
        raise FeedInvalid("broken", "The feed is too badly formed to be read.") from error
    feed: Mapping[str, Any] = parsed["feed"]
    if parsed["bozo"] and not parsed["entries"]:
        raise FeedInvalid("broken", "The feed is not well-formed XML, and no entry can be made out.")
    language = language_of(str(feed.get("language") or ""))
    items = [read_entry(entry, url, language) for entry in parsed["entries"][:ENTRIES_READ_MAX]]
    return Feed(_newest(items), as_line(feed.get("title_detail") or {}), language, _hint_s(feed))


def _newest(items: Iterable[NewItem]) -> tuple[NewItem, ...]:
    """Each guid once, in the feed's order; the newest when there are too many, undated ones counting as new."""
    known: dict[str, NewItem] = {}
    for item in items:
        known.setdefault(item.guid, item)
    if len(known) <= ENTRIES_MAX:
        return tuple(known.values())
    by_date = sorted(known.values(), key=lambda item: item.published_at or _LAST, reverse=True)
    kept = {item.guid for item in by_date[:ENTRIES_MAX]}
    return tuple(item for item in known.values() if item.guid in kept)


def _hint_s(feed: Mapping[str, Any]) -> int | None:
    """Seconds from `ttl` (RSS 2.0, minutes) or the syndication module.

    "hourly" once is what every WordPress says unasked, so it is no wish of the site's.
    """
    ttl = str(feed.get("ttl") or "").strip()
    if ttl.isdecimal():
        return int(ttl[:6]) * 60
    period = _PERIODS_S.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    often = str(feed.get("sy_updatefrequency") or "1").strip()
    times = int(often[:6]) if often.isdecimal() else 1
    if period is None or (period, times) == (_PERIODS_S["hourly"], 1):
        return None
    return period // max(times, 1)


def _not_a_feed(text: str, root: str, url: str) -> FeedInvalid:
    if root != "html" and "<html" not in text[:2000].lower():
        return FeedInvalid("not_feed", "The address answers with something that is neither RSS, Atom nor JSON Feed.")
    named = _named_feed(text, url)
    advice = f" The page names this feed: {named}" if named else ""
    return FeedInvalid("web_page", f"The address leads to a web page, not to a feed.{advice}", named)


def _named_feed(text: str, url: str) -> str:
    for link in LexborHTMLParser(bounded(text)).css('link[rel~="alternate"][href]'):
        if (link.attributes.get("type") or "").strip().lower() in _FEED_TYPES:
            return web_address(link.attributes.get("href") or "", url)
    return ""
