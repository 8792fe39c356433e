"""A feed that misbehaves is told on its source, is left alone for longer and longer, and heals."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import func, select

from notifier import polling
from notifier.domain.words import SourceKind
from notifier.models import Item, Source
from notifier.parts import Parts
from notifier.sites import add_source
from notifier.sources.fetch import Fetcher
from notifier.sources.poll import Polled
from tests.sources.sites import Answer, Site, page, redirect, site, stream
from tests.world import World

FEED = (Path(__file__).parent.parent / "data" / "feeds" / "wordpress-ar.xml").read_bytes()
FEED_TYPE = ("Content-Type", "application/rss+xml; charset=UTF-8")
WAIT_S = 1.0
BYTES_MAX = 1_000_000


@dataclass
class Watching:
    """A world with one source, and the web site that it is on."""

    world: World
    web: Site
    source_id: int

    def poll(self, now_after_s: float = 0) -> Polled | None:
        self.world.later(seconds=now_after_s)
        return polling.poll_source(self.world.parts, self.source_id, self.world.now)

    @property
    def source(self) -> Source:
        with self.world.parts.db.reading() as session:
            return session.get_one(Source, self.source_id)

    @property
    def items(self) -> int:
        with self.world.parts.db.reading() as session:
            return session.scalar(select(func.count(Item.id))) or 0


@pytest.fixture
def watching(world: World) -> Iterator[Watching]:
    with site() as web:
        fetch = Fetcher(WAIT_S, BYTES_MAX, (f"127.0.0.1:{web.port}",))
        world.parts = replace(world.parts, fetch=fetch)
        with world.parts.db.writing() as session:
            source = add_source(session, world.site, SourceKind.FEED, web.url("/feed"), world.now)
        yield Watching(world, web, source.id)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: always something new, never an end."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def once_only(etag: str) -> Answer:
    """The feed, and 304 to whoever has it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            page(b"", ("ETag", etag), status=304)(handler)
        else:
            page(FEED, FEED_TYPE, ("ETag", etag))(handler)

    return answer


HTML = page("<html lang=ar><body><p>الموقع قيد الصيانة</p>".encode(), ("Content-Type", "text/html"))
BOMB = page(gzip.compress(b"\0" * 50_000_000), FEED_TYPE, ("Content-Encoding", "gzip"))
INWARD = redirect("http://127.0.0.1:9/feed")
ENDLESS = stream((b" " * 65_536 for _ in range(10_000)), FEED_TYPE)


@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(HTML, "web page", id="html"),
        pytest.param(BOMB, "more than 1,000,000 bytes", id="bomb"),
        pytest.param(INWARD, "not public", id="inward"),
        pytest.param(drip, "within 1 seconds", id="drip"),
        pytest.param(ENDLESS, "more than 1,000,000 bytes", id="endless"),
        pytest.param(page(FEED[:2000], FEED_TYPE, length=9000), "broke off", id="torn"),
    ],
)
def test_a_feed_that_fails_is_told_backs_off_and_heals(watching: Watching, answer: Answer, said: str) -> None:
    watching.web.pages["/feed"] = answer
    pauses = []
    for failures in (1, 2):
        began = time.monotonic()
        watching.poll(now_after_s=2 * 86_400)
        assert time.monotonic() - began < WAIT_S + 2
        source = watching.source
        assert said in source.last_error
        assert source.last_error.endswith(".")
        assert (source.failures, source.last_ok_at, watching.items) == (failures, None, 0)
        pauses.append(source.next_poll_at - watching.world.now)
    assert timedelta(minutes=15) < pauses[0] < pauses[1]
    assert watching.poll(now_after_s=60) is None, "it is left alone"

    watching.web.pages["/feed"] = page(FEED, FEED_TYPE)
    healed = watching.poll(now_after_s=2 * 86_400)
    assert healed is not None
    source = watching.source
    assert (source.failures, source.last_error, source.last_ok_at) == (0, "", watching.world.now)
    assert watching.items == len(healed.items) == 13


def test_an_unchanged_feed_is_asked_for_by_its_etag_and_brings_nothing(watching: Watching) -> None:
    watching.web.pages["/feed"] = once_only('"a"')
    watching.poll()
    for _ in range(2):
        again = watching.poll(now_after_s=86_400)
        assert again is not None
        assert again.is_unchanged
        assert (watching.items, watching.source.etag, watching.source.failures) == (13, '"a"', 0)
    assert [headers.get("if-none-match") for _, headers in watching.web.seen] == [None, '"a"', '"a"']


def test_two_workers_at_one_source_poll_it_once(watching: Watching) -> None:
    watching.web.pages["/feed"] = page(FEED, FEED_TYPE)
    together = threading.Barrier(2)

    def worker(_number: int) -> Polled | None:
        together.wait(5)
        return watching.poll()

    with ThreadPoolExecutor(2) as workers:
        polled = list(workers.map(worker, range(2)))
    assert sorted(one is None for one in polled) == [False, True]
    assert (len(watching.web.seen), watching.items) == (1, 13)


def test_a_worker_that_died_in_a_poll_keeps_a_source_back_for_minutes_only(watching: Watching) -> None:
    watching.web.pages["/feed"] = page(FEED, FEED_TYPE)
    dead: Callable[[Parts], Parts] = lambda parts: replace(parts, fetch=None)  # type: ignore[arg-type]  # noqa: E731 - a crash
    with pytest.raises(AttributeError):
        polling.poll_source(dead(watching.world.parts), watching.source_id, watching.world.now)
    assert watching.poll(now_after_s=60) is None
    assert watching.poll(now_after_s=300) is not None
    assert watching.items == 13
