"""The whole story of a reader in Chromium: from the box under an article to being forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow, upkeep
from notifier.models import Site, Subscriber, Subscription
from tests.chromium import OVERFLOW, hard_to_read, press
from tests.web.conftest import Visit, article
from tests.web.promises import BASE, link
from tests.web.reader_pages import served
from tests.web.test_box_browser import SIZES, Newspaper, _files

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("knobs", [{"signup_fill_s": 0}], indirect=True)]
HERS = "layla@example.org"


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_naba: Path, tmp_path: Path) -> str:
    """What a browser sees does not depend on the database."""
    path = tmp_path / "notifier.db"
    path.write_bytes(sqlite_naba.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def paper(visit: Visit, tmp_path: Path) -> Iterator[Newspaper]:
    folder = tmp_path / "pages"
    folder.mkdir()
    with _files(folder) as url, served(visit) as app_url:
        with visit.parts.db.writing() as session:
            session.get_one(Site, 1).origins = [url]
        yield Newspaper(visit, app_url, folder, url)


def active(visit: Visit) -> int:
    with visit.parts.db.reading() as session:
        return len(session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None))).all())


def let_a_day_pass(visit: Visit) -> None:
    visit.now += timedelta(minutes=5)
    flow.ingest_items(visit.parts, 1, [article("n1", title="سد الموصل")], visit.now)
    visit.now = visit.now.replace(hour=5) + timedelta(days=1, seconds=5)
    flow.open_runs(visit.parts, visit.now)
    visit.work()
    upkeep.sweep(visit.parts, visit.now)


def looks_right(page: Any, *, has_scripts: bool) -> None:
    assert page.evaluate(OVERFLOW) == [], page.url
    if not has_scripts:
        return  # Nothing that could ask is let run: the same pages are asked in the other half of these tests.
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert hard_to_read(page, []) == [], (page.url, scheme)


def sign_up(page: Any, paper: Newspaper, language: str, *, has_scripts: bool) -> None:
    if has_scripts:
        page.goto(paper.article(language))
        page.locator("notifier-box input[type=checkbox]").nth(2).check()
        page.locator("notifier-box select").first.select_option("daily")
        page.locator("notifier-box #address").fill(HERS)
        page.locator("notifier-box button[type=submit]").click()
        page.locator("notifier-box [role=status][tabindex='-1']").wait_for()
        return
    page.goto(f"{paper.app_url}/naba/subscribe?lang={language}&thread=a1&categories=سياسة")
    page.locator("input[name=topic]").nth(2).check()
    page.locator("input[name=frequency][value=daily]").check()
    page.fill("#address", HERS)
    page.locator("form > button[type=submit]").click()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", ["with", "without"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_from_the_box_to_being_forgotten(
    browser: Any, paper: Newspaper, language: str, scripts: str, size: str
) -> None:
    visit, has_scripts = paper.visit, scripts == "with"
    context = browser.new_context(viewport=SIZES[size], java_script_enabled=has_scripts, timezone_id="Asia/Baghdad")
    page = context.new_page()
    page.set_default_timeout(15_000)

    def see(path: str, *, is_letter: bool = False) -> None:
        page.goto(f"{paper.app_url}{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        # A letter's page is a sandbox, in which axe cannot run either; letters are asked in tests of their own.
        looks_right(page, has_scripts=has_scripts and not is_letter)

    sign_up(page, paper, language, has_scripts=has_scripts)
    visit.work()
    assert visit.transport.sent[-1].rcpt_to == HERS
    see(link(visit, "/confirm/"))
    assert active(visit) == 0, "looking confirms nothing"
    page.click("main form button")
    assert active(visit) == 1

    let_a_day_pass(visit)
    assert "سد الموصل" in visit.mail_text(-1), "the digest has come"
    unsubscribe, preferences, view = link(visit, "/u/"), link(visit, "/p/"), link(visit, "/v/")

    page.goto(paper.app_url + view)
    assert page.get_by_text("سد الموصل").first.is_visible()
    shared = page.locator(".shelf a").get_attribute("href")
    see(shared.removeprefix(BASE), is_letter=True)
    see("/naba/archive")
    assert page.get_by_text("سد الموصل").first.is_visible()

    see(preferences)
    page.select_option("#topics1", "weekly")
    press(page.locator("#topics form > button"))
    assert page.locator("#topics [role=status]").is_visible()

    see(unsubscribe)
    page.click("button[value=all]")
    assert active(visit) == 0
    page.click(".undo button")
    assert active(visit) == 1

    see("/naba/sign-in")
    page.fill("#address", HERS)
    page.click("main form button")
    visit.work()
    page.goto(paper.app_url + link(visit, "/sign-in/"))
    page.click("main form button")
    assert page.url == f"{paper.app_url}/me"
    looks_right(page, has_scripts=has_scripts)
    told = context.request.get(f"{paper.app_url}/me/export").json()
    assert told["reader"][0]["address"] == HERS
    page.goto(f"{paper.app_url}/me/erase")
    page.locator("main form button").click()
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscriber.id)).all() == []
    context.close()
