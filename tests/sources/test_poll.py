"""Polling: what is announced, what is kept for the next time, and when that is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.sources.fetch import Fetcher
from notifier.sources.poll import Watched, marked, next_poll_in, poll
from tests.sources.sites import Site, page, site

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
WORDPRESS = (Path(__file__).parent.parent / "data" / "feeds" / "wordpress-ar.xml").read_bytes()
SOURCE = Watched(url="", interval_s=900, news_h=72)


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as running:
        yield running


def fetcher(here: Site) -> Fetcher:
    return Fetcher(timeout_s=5, bytes_max=5_000_000, hosts_allowed=(f"127.0.0.1:{here.port}",))


def item(hours: float | None, guid: str = "1") -> NewItem:
    return NewItem(ItemKind.ARTICLE, guid, published_at=None if hours is None else NOW - timedelta(hours=hours))


def announced(source: Watched, *items: NewItem) -> list[bool]:
    return [one.announce for one in marked(items, source, NOW)]


def test_a_poll_brings_items_and_what_to_keep(here: Site) -> None:
    here.pages["/feed"] = page(WORDPRESS, ("ETag", '"a"'), ("Last-Modified", "then"))
    polled = poll(fetcher(here), replace(SOURCE, url=here.url("/feed"), failures=3), NOW)
    assert (len(polled.items), polled.etag, polled.last_modified) == (13, '"a"', "then")
    assert (polled.failures, polled.error, polled.next_poll_in_s) == (0, "", 900)
    assert all(one.announce for one in polled.items)


def test_an_unchanged_feed_keeps_its_etag(here: Site) -> None:
    here.pages["/feed"] = page(b"", ("Retry-After", "1800"), status=304)
    polled = poll(fetcher(here), replace(SOURCE, url=here.url("/feed"), etag='"a"', last_modified="then"), NOW)
    assert polled.is_unchanged
    assert (polled.items, polled.etag, polled.last_modified, polled.next_poll_in_s) == ((), '"a"', "then", 1800)


def test_a_failure_is_told_and_backs_off(here: Site) -> None:
    here.pages["/feed"] = page(b"", status=500)
    polled = poll(fetcher(here), replace(SOURCE, url=here.url("/feed"), etag='"a"', failures=2), NOW)
    assert (polled.failures, polled.error_key, polled.next_poll_in_s, polled.etag) == (3, "status", 7200, '"a"')
    assert "500" in polled.error


def test_a_server_that_asks_for_a_pause_gets_it(here: Site) -> None:
    here.pages["/feed"] = page(b"", ("Retry-After", "40000"), status=429)
    assert poll(fetcher(here), replace(SOURCE, url=here.url("/feed")), NOW).next_poll_in_s == 40_000


def test_a_web_page_in_place_of_a_feed_is_told(here: Site) -> None:
    head = b"<html><head><link rel=alternate type='application/atom+xml' href='/atom'></head>"
    here.pages["/"] = page(head, ("Content-Type", "text/html"))
    polled = poll(fetcher(here), replace(SOURCE, url=here.url()), NOW)
    assert (polled.error_key, polled.feed_url, polled.failures) == ("web_page", here.url("/atom"), 1)


def test_entries_older_than_news_are_filed_unannounced() -> None:
    assert announced(SOURCE, item(71.9), item(72.1), item(-1), item(None)) == [True, False, True, True]


def test_a_date_far_ahead_is_no_date() -> None:
    (soon,), (late,) = (list(marked([item(hours)], SOURCE, NOW)) for hours in (-23, -25))
    assert soon.published_at
    assert (late.published_at, late.announce) == (None, True)


def test_a_first_poll_announces_the_last_day_only() -> None:
    first = replace(SOURCE, is_first=True)
    assert announced(first, item(23), item(25)) == [True, False]
    assert announced(replace(first, news_h=6), item(5), item(7)) == [True, False]


def test_a_first_poll_announces_ten_undated_entries() -> None:
    first = replace(SOURCE, is_first=True)
    assert announced(first, item(50), *(item(None, str(n)) for n in range(12))) == [False, *[True] * 10, False, False]


@pytest.mark.parametrize(
    ("failures", "hint_s", "seconds"),
    [
        (0, None, 900),
        (1, None, 1800),
        (6, None, 57_600),
        (7, None, 86_400),
        (10_000, None, 86_400),
        (0, 60, 900),
        (0, 7200, 7200),
        (3, 60, 7200),
        (0, 10**9, 86_400),
    ],
)
def test_the_next_poll_is_polite(failures: int, hint_s: int | None, seconds: int) -> None:
    assert next_poll_in(900, failures, hint_s) == seconds
