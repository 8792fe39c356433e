"""The development inbox in a real browser: narrow and wide, light and dark, in both directions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from notifier import assembly
from notifier.embedded.inbox import Inbox
from notifier.settings import Settings, templates_dir
from notifier.stages.render import Renderer, personalise
from notifier.web.app import create_app
from notifier.web.inbox import TABS, router
from tests.chromium import OVERFLOW, hard_to_read
from tests.letters import fixtures
from tests.world import SECRET

pytestmark = pytest.mark.browser
HOST = "http://inbox.example"
NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
FRAMES = """() => [...document.querySelectorAll('iframe')].map(e => e.getBoundingClientRect())
  .map(r => [r.left, r.top, r.width])"""
# The letter in a frame is judged by its own tests.
NOT_HERE = ["region", "frame-tested"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("inbox")
    inbox = Inbox(folder / "letters.db")
    message = personalise(Renderer(templates_dir()).render(fixtures.DIGEST), fixtures.DIGEST, fixtures.personal())
    inbox.add("b+1@bounce.example", ["layla@example.org"], message.data, NOW)
    parts = assembly.assemble(Settings(secret_key=SECRET, database_url=f"sqlite:///{folder}/unused.db", base_url=HOST))  # type: ignore[arg-type]  # pydantic takes a str
    with TestClient(create_app(parts, inbox=router(inbox), now=lambda: NOW)) as made:
        yield made
    parts.db.close()
    inbox.close()


def opened(browser: Any, client: TestClient, path: str, width: int, scheme: str) -> Any:
    """The page, its files from the application itself, and no network."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=HOST)

    def answer(route: Any) -> None:
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" != HOST:
            route.abort()
            return
        told = client.get(f"{url.path}?{url.query}")
        route.fulfill(status=told.status_code, headers=dict(told.headers), body=told.content)

    context.route("**/*", answer)
    page = context.new_page()
    page.goto(path, timeout=10_000)
    return page


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("ar", 320, "dark"), ("ar", 1600, "light"), ("en", 320, "light"), ("en", 1600, "dark")],
)
def test_every_side_fits_and_can_be_read(
    browser: Any, client: TestClient, language: str, width: int, scheme: str
) -> None:
    for path in ("/inbox?still=1", *(f"/inbox/1?tab={tab}" for tab in TABS)):
        page = opened(browser, client, f"{path}&lang={language}", width, scheme)
        assert page.evaluate(OVERFLOW) == [], path
        assert hard_to_read(page, NOT_HERE) == [], path
        page.context.close()


def test_three_mail_clients_stand_side_by_side_and_on_a_phone_below_each_other(
    browser: Any, client: TestClient
) -> None:
    wide = opened(browser, client, "/inbox/1?tab=clients&lang=ar", 1600, "light")
    frames = wide.evaluate(FRAMES)
    assert len(frames) == 3
    assert len({top for _, top, _ in frames}) == 1
    assert [left for left, _, _ in frames] == sorted((left for left, _, _ in frames), reverse=True)
    assert min(width for _, _, width in frames) > 400
    wide.context.close()
    narrow = opened(browser, client, "/inbox/1?tab=clients&lang=ar", 320, "light")
    assert len({left for left, _, _ in narrow.evaluate(FRAMES)}) == 1
    narrow.context.close()


def test_a_letter_is_shown_in_a_frame_where_nothing_runs(browser: Any, client: TestClient) -> None:
    page = opened(browser, client, "/inbox/1?tab=html&lang=ar", 1600, "light")
    frame = page.frames[1]
    assert page.locator("iframe").get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert frame.locator("h2").first.inner_text() == fixtures.DAM.title
    page.context.close()
