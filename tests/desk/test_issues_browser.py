"""The story of an issue in a real browser, in Arabic: composed from articles, looked at, tried out, scheduled."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from notifier.domain.desk_words import Role
from tests.chromium import hard_to_read, press
from tests.desk.conftest import Desk, Somebody
from tests.desk.test_issues import article, the_issue

pytestmark = pytest.mark.browser
HOST = "https://testserver"
# The letter in its frame is judged by the letters' own tests.
NOT_HERE = ["frame-tested"]


@pytest.fixture
def editor(desk: Desk) -> Somebody:
    return desk.add(Role.EDITOR)


def opened(browser: Any, editor: Somebody, width: int, scheme: str) -> Any:
    """A page whose requests the application itself answers, as the browser in which the editor is logged in."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=HOST)

    def answer(route: Any) -> None:
        asked = route.request
        url = urlsplit(asked.url)
        if f"{url.scheme}://{url.netloc}" != HOST:
            route.abort()
            return
        headers = {name: value for name, value in asked.headers.items() if name in {"content-type", "accept"}}
        told = editor.client.request(
            asked.method, f"{url.path}?{url.query}", content=asked.post_data_buffer, headers=headers
        )
        given = {name: value for name, value in told.headers.items() if name not in {"set-cookie", "content-encoding"}}
        route.fulfill(status=told.status_code, headers=given, body=told.content)

    context.route("**/*", answer)
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_an_issue_is_composed_previewed_tried_out_and_scheduled(
    browser: Any, desk: Desk, editor: Somebody, width: int, scheme: str
) -> None:
    desk.visit.active("layla@example.org")
    for guid in ("one", "two"):
        article(desk, guid, f"خبر {guid}")
    page = opened(browser, editor, width, scheme)

    def is_sound() -> None:
        # Tabs and tables scroll by themselves; the page does not.
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert hard_to_read(page, NOT_HERE) == []

    page.goto("/desk/at/naba/issues")
    is_sound()
    page.get_by_role("button", name="عدد جديد").click()
    page.fill("#title", "ماذا جرى هذا الأسبوع")
    page.fill("#intro", "مرحبًا **بكم**")
    page.locator("#intro-shown strong", has_text="بكم").wait_for()
    page.locator("label", has_text="خبر one").locator("input").check()
    page.locator("label", has_text="خبر two").locator("input").check()
    press(page.get_by_role("button", name="إضافة المختار"))
    rows = page.locator("[data-item]")
    first = rows.nth(0).locator("bdi").inner_text()
    rows.nth(1).scroll_into_view_if_needed()
    rows.nth(0).locator(".grip").hover()
    below = rows.nth(1).bounding_box()  # only now: to hover may have scrolled
    page.mouse.down()
    page.mouse.move(below["x"] + 20, below["y"] + below["height"] - 2, steps=8)
    page.mouse.up()
    assert rows.nth(1).locator("bdi").inner_text() == first
    page.locator("#reach", has_text="قارئ واحد").wait_for()
    page.locator("label", has_text="English").locator("input").check()
    page.locator("#reach", has_text="لا قارئ").wait_for()
    page.locator("label", has_text="English").locator("input").uncheck()
    is_sound()
    press(page.get_by_role("button", name="حفظ ومعاينة"))
    frame = page.frame_locator("iframe.letter")
    assert "ماذا جرى هذا الأسبوع" in frame.locator("h1").inner_text()
    assert frame.locator("h3").all_inner_texts()[1] == first
    is_sound()
    page.get_by_role("button", name="إرسال تجربة إليّ").click()
    desk.visit.work()
    page.goto(page.url.removesuffix("/test") + "/preview")
    page.get_by_text("250 kept").wait_for()
    page.get_by_role("link", name="إلى الإرسال").click()
    is_sound()
    page.get_by_text("في الساعة المحلية لكل قارئ").click()
    page.fill("#when", "2026-07-02T08:00")
    page.get_by_role("button", name="إرسال إلى قارئ واحد").click()
    page.get_by_text("مجدول").first.wait_for()
    is_sound()
    assert the_issue(desk).local_at is not None
    assert [one.rcpt_to for one in desk.visit.transport.sent[-1:]] == ["editor@naba.example"]
