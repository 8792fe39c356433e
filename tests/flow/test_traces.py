"""Opens and clicks, from the letter to the sums: as far as the site's policy and the reader's consent go."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from notifier import readers, settings, traces, upkeep
from notifier.desk.audit import Actor
from notifier.domain.tokens import Signer
from notifier.domain.traces import Onlooker, Tracking
from notifier.domain.tracks import Tracks
from notifier.feedback.traces import clicks_of, opens_of
from notifier.models import Base, ConsentEvent, Letter, Site, Subscriber, Trace, TraceCount
from notifier.shared import Shared
from notifier.sites import SiteChange, amend_site
from notifier.stages.render import Press, Renderer
from notifier.trail import RedisTrail
from notifier.web.app import create_app
from tests.world import KNOBS, SECRET, World, html_of, text_of

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
FOLLOWING = Renderer(settings.templates_dir(), tracks=Tracks(KNOBS.base_url, Signer([SECRET])))
LINK = re.compile(r'href="https://news\.example(/c/[^"]+)"')
PIXEL = re.compile(r'src="https://news\.example(/o/[^"]+)"')


@pytest.fixture
def tracked(world: World) -> World:
    """A world whose letters can be followed, with a reader who agreed and one who did not."""
    world.parts = replace(world.parts, renderer=FOLLOWING, press=Press(FOLLOWING))
    for name in ("agrees", "does-not"):
        world.reader(f"{name}@example.org", "category:سياسة")
    traces.allow(world.parts, reader(world, "agrees"), "192.0.2.1", world.now, is_allowed=True)
    world.wire.sent.clear()
    return world


def reader(world: World, name: str) -> int:
    with world.parts.db.reading() as session:
        return session.scalars(select(Subscriber.id).where(Subscriber.address == f"{name}@example.org")).one()


def policy(world: World, tracking: Tracking) -> None:
    with world.parts.db.writing() as session:
        site = session.get_one(Site, world.site.id)
        amend_site(session, site, SiteChange(tracking=tracking), Actor("cli"), world.now)


def digest(world: World, tracking: Tracking, guid: str = "a") -> dict[str, str]:
    """Address -> the HTML of the letter they get."""
    policy(world, tracking)
    for number in range(3):
        world.article(f"{guid}{number}")
    before = len(world.wire.sent)
    world.later(hours=24 if world.now.hour == 5 else 20)
    world.tick()
    return {letter["To"].partition("@")[0]: html_of(letter) for letter in world.letters()[before:]}


@pytest.fixture
def browser(tracked: World) -> Iterator[TestClient]:
    """A reader's phone, some time after the letter came."""
    with TestClient(
        create_app(tracked.parts, now=tracked.clock), headers={"User-Agent": PHONE}, follow_redirects=False
    ) as client:
        yield client


def letter_id(world: World) -> int:
    with world.parts.db.reading() as session:
        return session.scalars(select(Letter.id).order_by(Letter.id.desc()).limit(1)).one()


def rows(world: World) -> int:
    with world.parts.db.reading() as session:
        return sum(session.scalar(select(func.count()).select_from(one)) or 0 for one in (Trace, TraceCount))


def test_off_leaves_no_trace_in_a_letter(tracked: World) -> None:
    plain = digest(tracked, Tracking.OFF)
    assert len(plain) == 2
    for html in plain.values():
        assert not LINK.search(html)
        assert not PIXEL.search(html)
        assert 'href="https://r.example/a0"' in html


def test_counts_make_the_same_links_for_everybody(tracked: World) -> None:
    followed = digest(tracked, Tracking.COUNTS)
    first, second = (LINK.findall(html) + PIXEL.findall(html) for html in followed.values())
    assert first == second
    assert len(first) >= 4
    assert not any("?r=" in one for one in first)
    texts = [text_of(letter) for letter in tracked.letters()]
    assert all("https://r.example/a0" in text and "/c/" not in text for text in texts), "the text part is as it was"


def test_readers_are_told_apart_only_where_they_agreed_and_the_others_get_a_letter_as_if_it_were_off(
    tracked: World,
) -> None:
    letters = digest(tracked, Tracking.READERS)
    assert all("?r=" in one for one in LINK.findall(letters["agrees"]))
    assert not LINK.search(letters["does-not"])
    assert not PIXEL.search(letters["does-not"])


def test_a_click_leads_on_at_once_and_is_counted_later(tracked: World, browser: TestClient) -> None:
    link = LINK.findall(digest(tracked, Tracking.COUNTS)["agrees"])[0]
    tracked.later(hours=1)
    answer = browser.get(link)
    assert (answer.status_code, answer.headers["location"].startswith("https://r.example/a")) == (302, True)
    assert answer.headers["cache-control"] == "no-store"
    assert rows(tracked) == 0, "looking writes nothing"
    assert traces.count(tracked.parts) == 1
    with tracked.parts.db.reading() as session:
        heed = clicks_of(session, [letter_id(tracked)])[letter_id(tracked)]
    assert (heed.by_people, heed.readers) == (1, 0)
    assert dict(heed.links) == {answer.headers["location"]: 1}


def test_an_open_is_counted_by_who_it_was(tracked: World, browser: TestClient) -> None:
    pixel = PIXEL.findall(digest(tracked, Tracking.COUNTS)["agrees"])[0]
    tracked.later(hours=1)
    agents = [PHONE, PHONE, "Mozilla/5.0", "x (via ggpht.com GoogleImageProxy)", "curl/8"]
    for agent in agents:
        answer = browser.get(pixel, headers={"User-Agent": agent})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    browser.head(pixel)
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        heed = opens_of(session, [letter_id(tracked)])[letter_id(tracked)]
    assert heed.times == {Onlooker.PERSON: 2, Onlooker.APPLE: 1, Onlooker.PROXY: 1, Onlooker.MACHINE: 2}
    assert heed.by_people == 3


def test_sums_grow_and_days_are_kept_apart(tracked: World, browser: TestClient) -> None:
    pixel = PIXEL.findall(digest(tracked, Tracking.COUNTS)["agrees"])[0]
    tracked.later(hours=1)
    for _ in range(3):
        browser.get(pixel)
        traces.count(tracked.parts)
    tracked.later(days=1)
    browser.get(pixel)
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        assert sorted(session.execute(select(TraceCount.day, TraceCount.count)).all()) == [
            ("2026-11-24", 3),
            ("2026-11-25", 1),
        ]


def test_what_a_reader_did_who_agreed_is_kept_once_and_counts_as_one_reader(
    tracked: World, browser: TestClient
) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]
    tracked.later(hours=1)
    for _ in range(3):
        browser.get(LINK.findall(html)[0])
        browser.get(PIXEL.findall(html)[0])
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        kept = session.scalars(select(Trace)).all()
        opens = opens_of(session, [letter_id(tracked)])[letter_id(tracked)]
    assert {one.subscriber_id for one in kept} == {reader(tracked, "agrees")}
    assert len(kept) == 2
    assert (opens.by_people, opens.readers) == (3, 1)


def test_within_seconds_of_its_leaving_nobody_has_read_a_letter(tracked: World, browser: TestClient) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]
    tracked.later(seconds=2)
    browser.get(LINK.findall(html)[0])
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        assert clicks_of(session, [letter_id(tracked)])[letter_id(tracked)].times == {Onlooker.MACHINE: 1}
        assert session.scalars(select(Trace)).all() == []


def test_whoever_follows_every_link_at_once_is_a_scanner(tracked: World, browser: TestClient) -> None:
    html = digest(tracked, Tracking.COUNTS)["agrees"]
    tracked.later(hours=1)
    links = sorted(set(LINK.findall(html)))
    assert len(links) >= 3
    for link in links:
        browser.get(link)
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        assert set(clicks_of(session, [letter_id(tracked)])[letter_id(tracked)].times) == {Onlooker.MACHINE}


def test_a_site_that_switches_it_off_keeps_its_links_working_and_learns_nothing(
    tracked: World, browser: TestClient
) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]
    tracked.later(hours=1)
    policy(tracked, Tracking.OFF)
    assert browser.get(LINK.findall(html)[0]).status_code == 302
    browser.get(PIXEL.findall(html)[0])
    assert traces.count(tracked.parts) == 0
    assert rows(tracked) == 0


def test_taking_the_consent_back_forgets_what_was_kept_and_is_on_record(tracked: World, browser: TestClient) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]
    tracked.later(hours=1)
    browser.get(LINK.findall(html)[0])
    traces.count(tracked.parts)
    traces.allow(tracked.parts, reader(tracked, "agrees"), "", tracked.now, is_allowed=False)
    browser.get(LINK.findall(html)[1])
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        assert session.scalars(select(Trace)).all() == []
        told = session.scalars(select(ConsentEvent.purpose).where(ConsentEvent.purpose.startswith("tracking"))).all()
    assert told == ["tracking on", "tracking off"]


def test_a_click_under_another_readers_token_of_another_letter_is_nobodys(tracked: World, browser: TestClient) -> None:
    first = LINK.findall(digest(tracked, Tracking.READERS)["agrees"])[0]
    second = LINK.findall(digest(tracked, Tracking.READERS, "b")["agrees"])[0]
    tracked.later(hours=1)
    browser.get(first.partition("?")[0] + "?" + second.partition("?")[2])
    traces.count(tracked.parts)
    with tracked.parts.db.reading() as session:
        assert session.scalars(select(Trace)).all() == []
        assert session.scalars(select(TraceCount.count)).all() == [1]


def test_old_ones_of_single_readers_go_and_sums_stay(tracked: World, browser: TestClient) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]
    tracked.later(hours=1)
    browser.get(LINK.findall(html)[0])
    tracked.tick()
    assert rows(tracked) == 2
    tracked.later(days=91)
    upkeep.sweep(tracked.parts, tracked.now)
    assert rows(tracked) == 1


def test_a_letter_nobody_subscribed_to_is_never_followed(tracked: World) -> None:
    policy(tracked, Tracking.COUNTS)
    tracked.sign_up("new@example.org", "category:سياسة")
    tracked.work()
    html = html_of(tracked.letters()[-1])
    assert "/confirm/" in html
    assert not LINK.search(html)
    assert not PIXEL.search(html)


def test_the_page_behind_view_in_browser_is_not_followed(tracked: World) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]
    token = re.search(r"/v/([^\"]+)\"", html)
    assert token
    page = readers.view_letter(tracked.parts, token[1])
    assert page
    assert "https://r.example/a0" in page
    assert "/c/" not in page


def test_what_was_never_signed_is_not_there(browser: TestClient) -> None:
    for path in (
        "/c/x",
        "/c/7.https://evil.example",
        "/o/7",
        "/o/x.y",
        "/c/aHR0cHM6Ly9l.AAAA",
        "/c/https://evil.example",
    ):
        assert browser.get(path).status_code == 404, path


def test_nothing_personal_waits_in_redis(tracked: World, browser: TestClient, empty_redis_url: str) -> None:
    import redis  # noqa: PLC0415 - only to look at what is there

    shared = Shared(empty_redis_url)
    tracked.parts = replace(tracked.parts, trail=RedisTrail(shared))
    app = browser.app
    app.state.edge = replace(app.state.edge, parts=tracked.parts)  # type: ignore[attr-defined]  # TestClient's app is any ASGI
    html = digest(tracked, Tracking.READERS)["agrees"]
    tracked.later(hours=1)
    browser.get(LINK.findall(html)[0])
    with redis.Redis.from_url(empty_redis_url) as client:
        (waiting,) = client.lrange("notifier:trail", 0, -1)
    assert b"example.org" not in waiting
    assert b"testclient" not in waiting
    assert traces.count(tracked.parts) == 1
    with tracked.parts.db.reading() as session:
        assert len(session.scalars(select(Trace)).all()) == 1
    shared.close()


def test_without_redis_a_click_still_leads_on(tracked: World, browser: TestClient) -> None:
    shared = Shared("redis://127.0.0.1:1/0")
    html = digest(tracked, Tracking.COUNTS)["agrees"]
    app = browser.app
    parts = replace(tracked.parts, trail=RedisTrail(shared))
    app.state.edge = replace(app.state.edge, parts=parts)  # type: ignore[attr-defined]  # as above
    assert browser.get(LINK.findall(html)[0]).status_code == 302
    assert parts.trail.take(10) == []
    shared.close()


def test_every_table_is_left_alone_by_looking(tracked: World, browser: TestClient) -> None:
    html = digest(tracked, Tracking.READERS)["agrees"]

    def whole() -> dict[str, list[str]]:
        with tracked.parts.db.reading() as session:
            tables = Base.metadata.sorted_tables
            return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in tables}

    before = whole()
    tracked.later(hours=1)
    for path in {*LINK.findall(html), *PIXEL.findall(html)}:
        browser.get(path)
        browser.head(path)
    assert whole() == before
