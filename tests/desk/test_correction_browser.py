"""The letter of a correction in its frame, on a real screen: in each view by one click, and without our script."""

from typing import Any

import pytest

from tests.desk.conftest import Desk
from tests.desk.test_articles import NOTE, publish, to_readers
from tests.desk.test_desk_browser import page_of, served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def looked_at(desk: Desk, page: Any, base: str) -> Any:
    """The page of a correction that is not sent yet; gives its frame."""
    item = to_readers(desk, "الجلسة عقدت", "layla")
    publish(desk, "الجلسة تأجلت")
    page.goto(f"{base}/desk/at/naba/articles/{item}")
    page.fill("#note", NOTE)
    page.locator("form[action$='/correct'] button").click()
    return page.frame_locator("iframe.letter")


def test_one_click_shows_another_view(desk: Desk, browser: Any) -> None:
    with served(desk) as base:
        page = page_of(desk, browser, base, "ar", viewport={"width": 1200, "height": 900})
        letter, frame = looked_at(desk, page, base), page.locator("iframe.letter")
        letter.locator("h1").wait_for()
        narrow = frame.bounding_box()["width"]
        page.get_by_label("حاسوب").check(force=True)
        letter.locator("h1").wait_for()
        assert frame.bounding_box()["width"] > narrow + 100
        page.get_by_label("نص").check(force=True)
        assert "نعتذر عن الخطأ." in letter.locator("pre").inner_text()
        page.get_by_label("داكن").check(force=True)
        letter.locator("h1").wait_for()
        night = letter.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
        page.keyboard.press("ArrowUp")
        letter.locator("h1").wait_for()
        page.wait_for_function("document.querySelector('[name=view]:checked').value !== 'dark'")
        assert night.startswith("rgb(1"), night
        assert frame.bounding_box()["width"] > narrow + 100, "the arrows go from view to view"
        page.context.close()


def test_without_our_script_a_button_shows_it(desk: Desk, browser: Any) -> None:
    with served(desk) as base:
        page = page_of(desk, browser, base, "ar", java_script_enabled=False)
        letter = looked_at(desk, page, base)
        page.locator("label[for=view-text]").click()
        page.locator("form[target=letter] button").click()
        assert "نعتذر عن الخطأ." in letter.locator("pre").inner_text()
        page.context.close()
