"""A reader's own page in Chromium: the story in Arabic and English, phone and desktop, with scripts and without."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.models import Subscriber, Subscription
from tests.chromium import OVERFLOW, hard_to_read, press
from tests.web.conftest import Visit, article
from tests.web.reader_pages import served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("knobs", [{"base_url": "http://127.0.0.1"}], indirect=True)]
SIZES = {"phone": {"width": 360, "height": 780}, "desktop": {"width": 1200, "height": 900}}
WORDS = {
    "ar": {
        "stop": "إيقاف كل الرسائل",
        "undo": "تراجع",
        "pause": "بدء الاستراحة",
        "open": "فتح الصفحة",
        "erase": "محو كل شيء",
    },
    "en": {"stop": "Stop all emails", "undo": "Undo", "pause": "Pause", "open": "Open", "erase": "Erase everything"},
}


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_naba: Any, tmp_path: Any) -> str:
    """What a browser sees does not depend on the database."""
    path = tmp_path / "notifier.db"
    path.write_bytes(sqlite_naba.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def base(visit: Visit) -> Iterator[str]:
    with served(visit) as address:
        yield address


def reader_of(visit: Visit, language: str) -> int:
    reader = visit.active(frequency="instant")
    visit.active(topic="thread:a1", frequency="daily")
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).language = language
    return reader


def looks_right(page: Any) -> None:
    assert page.evaluate(OVERFLOW) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert hard_to_read(page, []) == [], (page.url, scheme)


def active(visit: Visit) -> int:
    with visit.parts.db.reading() as session:
        return len(session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None))).all())


@pytest.mark.parametrize(
    ("language", "size", "scripts"),
    [("ar", "phone", "without"), ("ar", "desktop", "with"), ("en", "phone", "with"), ("en", "desktop", "without")],
)
def test_a_reader_stays_in_control(
    browser: Any, visit: Visit, base: str, language: str, size: str, scripts: str
) -> None:
    reader, words = reader_of(visit, language), WORDS[language]
    context = browser.new_context(viewport=SIZES[size], java_script_enabled=scripts == "with")
    page = context.new_page()
    page.goto(f"{base}/naba/sign-in?lang={language}")
    page.fill("#address", "layla@example.org")
    page.click("main button")
    visit.work()
    page.goto(base + "/sign-in/" + visit.mail_text(-1).split("/sign-in/")[1].split()[0])
    page.get_by_role("button", name=words["open"]).click()
    assert page.url == f"{base}/me"
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")

    page.select_option("#topics1", "weekly")
    press(page.locator("#topics form > button"))
    assert page.url.endswith("#topics"), "the place is kept"
    assert page.locator("#topics [role=status]").is_visible()
    assert page.locator("#topics1").input_value() == "=weekly", "as it is shown now"

    page.get_by_role("button", name=words["stop"], exact=True).click()
    assert active(visit) == 0
    page.get_by_role("button", name=words["undo"], exact=True).click()
    assert active(visit) == 2
    page.get_by_role("button", name=words["pause"], exact=True).click()
    with visit.parts.db.reading() as session:
        assert session.get_one(Subscriber, reader).paused_until is not None

    page.goto(f"{base}/me/erase")
    page.get_by_role("button", name=words["erase"]).click()
    with visit.parts.db.reading() as session:
        assert session.get(Subscriber, reader) is None
    context.close()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_page_is_easy_to_read_and_fits_a_small_phone(
    browser: Any, visit: Visit, base: str, language: str
) -> None:
    reader = reader_of(visit, language)
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل iPhone 17")], visit.now)
    visit.work()
    unsubscribe = visit.link("u", reader, visit.delivery(reader))
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    for path in (f"/naba/sign-in?lang={language}", visit.link("p", reader), unsubscribe):
        page.goto(base + path)
        looks_right(page)
    page.locator("details summary").click()
    looks_right(page)
    page.click("button[value=letter]")
    looks_right(page)

    visit.client.post("/naba/sign-in", data={"address": "layla@example.org"})
    visit.work()
    page.goto(base + "/sign-in/" + visit.mail_text(-1).split("/sign-in/")[1].split()[0])
    looks_right(page)
    page.click("main button")
    for path in ("/me", "/me/history", "/me/address", "/me/erase"):
        page.goto(base + path)
        looks_right(page)
    context.close()
