"""One look at a feed: what is new, what is news, and when to look again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from notifier.domain.items import NewItem
from notifier.sources.faults import FeedInvalid, FetchRefused
from notifier.sources.feed import parse_feed
from notifier.sources.fetch import Fetcher

INTERVAL_MAX_S: Final = 86_400
FIRST_NEWS_H: Final = 24
FIRST_UNDATED_MAX: Final = 10
AHEAD_MAX: Final = timedelta(days=1)
_DOUBLINGS_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Watched:
    """What a poll needs to know of a source; `is_first` until a poll has succeeded."""

    url: str
    interval_s: int
    news_h: float
    etag: str = ""
    last_modified: str = ""
    failures: int = 0
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought, with the values to keep for the next; `error` is empty when it succeeded.

    `error_key` is one of `FetchRefused`'s or `FeedInvalid`'s; `feed_url` is the feed that a web page names.
    """

    items: tuple[NewItem, ...]
    etag: str
    last_modified: str
    next_poll_in_s: int
    failures: int = 0
    is_unchanged: bool = False
    error: str = ""
    error_key: str = ""
    feed_url: str = ""
    notice: str = ""
    """Worth telling an editor though the poll succeeded."""


def poll(fetcher: Fetcher, source: Watched, now: datetime) -> Polled:
    """Fetch and read a feed. Never raises for a fault of the site: the fault is told in `error`."""
    try:
        return _looked(fetcher, source, now)
    except FetchRefused as fault:
        return _failed(source, fault.key, fault.detail, pause_s=fault.retry_after_s)
    except FeedInvalid as fault:
        return replace(_failed(source, fault.key, fault.detail), feed_url=fault.feed_url)


def next_poll_in(interval_s: int, failures: int = 0, hint_s: int | None = None) -> int:
    """Seconds to the next poll: the interval, doubled for each failure in a row, but never more than a day.

    `hint_s`, the pause that the site asks for, counts when it is longer.
    """
    backed_off = interval_s << min(failures, _DOUBLINGS_MAX)
    return min(max(backed_off, hint_s or 0), max(INTERVAL_MAX_S, interval_s))


def marked(items: Iterable[NewItem], source: Watched, now: datetime) -> Iterator[NewItem]:
    """The items, with `announce` False on those too old to be news.

    News is younger than `news_h` hours; on a first poll, a day at most. An item without a date is news, but on a
    first poll only the ten that come first are. A date more than a day ahead is taken for none.
    """
    hours = min(source.news_h, FIRST_NEWS_H) if source.is_first else source.news_h
    undated = 0
    for item in (_without_future(item, now) for item in items):
        if item.published_at is None:
            undated += 1
            is_news = not source.is_first or undated <= FIRST_UNDATED_MAX
        else:
            is_news = item.published_at >= now - timedelta(hours=hours)
        yield item if is_news else replace(item, announce=False)


def _without_future(item: NewItem, now: datetime) -> NewItem:
    is_ahead = item.published_at is not None and item.published_at > now + AHEAD_MAX
    return replace(item, published_at=None) if is_ahead else item


def _looked(fetcher: Fetcher, source: Watched, now: datetime) -> Polled:
    fetched = fetcher.get(source.url, source.etag, source.last_modified)
    if fetched.status == "unchanged":
        return Polled(
            items=(),
            etag=fetched.etag or source.etag,
            last_modified=fetched.last_modified or source.last_modified,
            next_poll_in_s=next_poll_in(source.interval_s, hint_s=fetched.retry_after_s),
            is_unchanged=True,
        )
    feed = parse_feed(fetched.body, fetched.content_type, fetched.url)
    hints = [hint for hint in (feed.hint_s, fetched.retry_after_s) if hint is not None]
    return Polled(
        items=tuple(marked(feed.items, source, now)),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        next_poll_in_s=next_poll_in(source.interval_s, hint_s=max(hints, default=None)),
    )


def _failed(source: Watched, key: str, detail: str, pause_s: int | None = None) -> Polled:
    failures = source.failures + 1
    return Polled(
        items=(),
        etag=source.etag,
        last_modified=source.last_modified,
        next_poll_in_s=next_poll_in(source.interval_s, failures, pause_s),
        failures=failures,
        error=detail,
        error_key=key,
    )
