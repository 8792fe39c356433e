"""Everybody can read every page of the desk: in Arabic and English, on a phone and at a desk, by day and by night."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.chromium import hard_to_read
from tests.desk.conftest import Desk
from tests.desk.every_page import WITH_CODES, all_of, before, inside
from tests.desk.filled import Filled, fill
from tests.desk.test_desk_browser import served
from tests.desk.test_roles import routes

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
COLOURS = ("color-contrast", "link-in-text-block")
AWAY = {"/desk/sso", "/desk/sso/back"}
FILES = {
    "/subscribers/export.{kind}", "/imports/{number}/rejected.csv", "/deliveries/sends.csv",
    "/deliveries/{send}/letters.csv", "/charts/{chart}.csv", "/suppressions/export.csv",
}  # fmt: skip
PIECES = {"/issues/{issue}/count", "/deliveries/{send}/progress"}
LETTERS = {
    "/issues/{issue}/letter", "/calendar/{frequency}/{slot}/letter", "/setup/preview",
    "/setup/templates/{kind}/preview",
}  # fmt: skip
"""In a frame; the letters' own tests look at them."""


def test_every_page_of_the_desk_is_looked_at() -> None:
    pages = {route.path for route in routes() if "GET" in (route.methods or ())}
    not_pages = AWAY | {f"/desk/at/{{site}}{path}" for path in FILES | PIECES | LETTERS}
    assert not_pages <= pages
    filled = Filled(
        send="alert-1", slot="daily/20260702T0500Z", welcome="token", failed=1, article=1, who="shut.example"
    )
    paths = [urlsplit(way.path).path for way in (inside(filled) | before(filled, "token", "ar")).values()]
    assert {_route(path) for path in [*paths, *WITH_CODES]} == pages - not_pages


def _route(path: str) -> str:
    """The route that answers there, the first that fits as ever."""
    return next(one.path for one in routes() if "GET" in (one.methods or ()) and one.path_regex.match(path))


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("language", "size"), [("ar", PHONE), ("en", DESKTOP)], ids=["ar-phone", "en-desktop"])
def test_everybody_can_read_every_page(desk: Desk, browser: Any, language: str, size: dict[str, int]) -> None:
    filled = fill(desk.visit, language)
    wrong: dict[str, list[str]] = {}
    with served(desk) as base:
        page = browser.new_context(locale=language, viewport=size).new_page()
        for name in all_of(page, base, filled, desk.visit, language):
            assert page.locator("html").get_attribute("lang") == language, name
            if found := _against(page):
                wrong[name] = found
        page.context.close()
    assert wrong == {}


def _against(page: Any) -> list[str]:
    """What is wrong with it by day; and by night, when only the colours are others."""
    page.emulate_media(color_scheme="light")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"{wide} px too wide"] if wide else []
    found += hard_to_read(page, [])
    page.emulate_media(color_scheme="dark")
    return found + hard_to_read(page, [], only=COLOURS)
