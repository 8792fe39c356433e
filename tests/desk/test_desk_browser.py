"""The desk in a real browser: a bar that moves while letters leave, and pages that everybody can read."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select

from notifier import census, flow, staff
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from notifier.domain.words import Lane, Reason, State
from notifier.models import Delivery
from notifier.stages import record
from notifier.web.app import create_app
from tests.chromium import hard_to_read
from tests.desk.conftest import PASSWORD, Desk
from tests.web.conftest import article

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
READERS = 4


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The application on a port of this machine; gives its address."""
    knobs = desk.visit.parts.settings.model_copy(update={"base_url": "http://127.0.0.1"})
    app = create_app(replace(desk.visit.parts, settings=knobs), now=lambda: desk.visit.now)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    thread.join(10)


def page_of(desk: Desk, browser: Any, base: str, language: str, **look: Any) -> Any:
    """A page in whose browser an owner is logged in."""
    parts, now = desk.visit.parts, desk.visit.now
    token = staff.invite(parts, f"{language}@naba.example", Role.OWNER, language, Actor("cli"), now)
    cookie = staff.accept(parts, token, "ليلى", PASSWORD, Browser("", "test"), now)
    context = browser.new_context(**look)
    context.add_cookies([{"name": "desk", "value": cookie, "url": base}])
    return context.new_page()


def waiting(desk: Desk) -> str:
    """An alert whose letters wait; gives the send's slug."""
    for n in range(READERS):
        desk.visit.active(f"r{n}@example.org", frequency="instant")
    (receipt,) = flow.ingest_items(desk.visit.parts, 1, [article("news", title="خبر عاجل")], desk.visit.now)
    flow.publish(desk.visit.parts, receipt.item_id or 0, desk.visit.now)
    return f"alert-{receipt.item_id}"


def drop(desk: Desk, count: int) -> None:
    """Let so many waiting letters end."""
    parts, now = desk.visit.parts, desk.visit.now
    with parts.db.writing() as session:
        ids = session.scalars(select(Delivery.id).where(Delivery.state == State.QUEUED)).all()
        span = record.Span(Lane.ALERTS, min(ids), max(ids))
        claim = record.claim(session, span, "token", now, parts.terms, count)
        book = record.Book(session, claim, now, parts.terms)
        book.drop({one.id: Reason.RETRACTED for one in claim.owed})


def test_the_bar_moves_while_letters_leave_and_says_when_it_is_over(desk: Desk, browser: Any) -> None:
    slug = waiting(desk)
    with served(desk) as base:
        page = page_of(desk, browser, base, "en", viewport={"width": 390, "height": 844})
        page.goto(f"{base}/desk/at/naba/deliveries/{slug}")
        page.wait_for_selector(".reload[hidden]", state="attached")
        assert page.eval_on_selector(".progress progress", "bar => [bar.value, bar.max]") == [0, READERS]
        drop(desk, 3)
        page.wait_for_selector(".progress progress[value='3']")
        assert "3 of 4" in page.inner_text(".progress")
        drop(desk, 1)
        page.wait_for_selector(".progress.over")
        assert "All done." in page.inner_text(".progress")
        page.context.close()


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_pages(desk: Desk, browser: Any, language: str, scheme: str) -> None:
    slug = waiting(desk)
    drop(desk, 1)
    flow.ingest_items(desk.visit.parts, 1, [article("later", title="خبر لاحق")], desk.visit.now)
    census.count(desk.visit.parts, desk.visit.now)
    paths = ("", "/deliveries", f"/deliveries/{slug}?state=dropped", "/calendar", "/charts")
    with served(desk) as base:
        page = page_of(desk, browser, base, language, color_scheme=scheme, viewport={"width": 390, "height": 844})
        for path in paths:
            page.goto(f"{base}/desk/at/naba{path}")
            assert hard_to_read(page, []) == [], path
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, (
                path
            )
        page.context.close()
