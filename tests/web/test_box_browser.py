"""The subscribe box in a real browser: in pages of another origin, by keyboard, and without JavaScript."""

import http.server
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select

from notifier.models import Signup, Site
from notifier.web.app import create_app
from tests.chromium import OVERFLOW, hard_to_read
from tests.web.conftest import Visit

pytestmark = pytest.mark.browser
SIZES = {"phone": {"width": 360, "height": 780}, "desktop": {"width": 1100, "height": 900}}
ARTICLE = """<!doctype html><html lang="{lang}" dir="{way}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<style>:root{{color-scheme:light dark}} body{{margin:0 auto;max-width:40rem;padding:1rem;
font-family:"Noto Naskh Arabic",system-ui,sans-serif;background:light-dark(#f6f4ef,#121416);
color:light-dark(#222,#ddd)}}
</style></head><body><main><h1>{title}</h1><p>{text}</p>
<script async src="{script}" data-article="a1" data-categories="{sections}"></script></main></body></html>"""
WORDS = {
    "ar": ("rtl", "خبر أول", "نص الخبر في صحيفة النبأ."),
    "en": ("ltr", "First story", "What happened in the morning."),
}


class Newspaper:
    """A site of another origin, and the application that serves its box."""

    def __init__(self, visit: Visit, app_url: str, folder: Path, url: str) -> None:
        self.visit, self.app_url, self.folder, self.url = visit, app_url, folder, url

    def article(self, lang: str) -> str:
        way, title, text = WORDS[lang]
        script = f"{self.app_url}/naba/widget.js"
        page = ARTICLE.format(lang=lang, way=way, title=title, text=text, script=script, sections="سياسة,Tech")
        (self.folder / f"{lang}.html").write_text(page, "utf-8")
        return f"{self.url}/{lang}.html"

    def last(self) -> Signup | None:
        with self.visit.parts.db.reading() as session:
            return session.scalars(select(Signup).order_by(Signup.id.desc())).first()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Quiet(*given, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@contextmanager
def _application(visit: Visit) -> Iterator[str]:
    config = uvicorn.Config(
        create_app(visit.parts, now=lambda: datetime.now(UTC)),
        port=0,
        log_level="warning",
        access_log=False,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def knobs(request: pytest.FixtureRequest) -> dict[str, Any]:
    """No test waits as long as a person does."""
    return {"signup_fill_s": 0.2, **getattr(request, "param", {})}


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite is enough: the browser is what is tested."""
    return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_naba'), tmp_path / 'notifier.db')}"


@pytest.fixture
def paper(visit: Visit, tmp_path: Path) -> Iterator[Newspaper]:
    """The newspaper's pages and the application, on two origins."""
    folder = tmp_path / "pages"
    folder.mkdir()
    with _files(folder) as url, _application(visit) as app_url:
        with visit.parts.db.writing() as session:
            session.get_one(Site, 1).origins = [url]
        yield Newspaper(visit, app_url, folder, url)


@contextmanager
def opened(browser: Any, url: str, size: str = "phone", scheme: str = "light", **given: Any) -> Iterator[Any]:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, **given)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(url)
    yield page
    context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", WORDS)
def test_a_reader_subscribes_with_the_keyboard_alone(browser: Any, paper: Newspaper, lang: str, size: str) -> None:
    with opened(browser, paper.article(lang), size) as page:
        box = page.locator("notifier-box section")
        box.wait_for()
        assert box.get_attribute("dir") == WORDS[lang][0]
        assert box.get_attribute("lang") == lang
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # the discussion
        for _ in range(6):
            page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('notifier-box').shadowRoot.activeElement.id") == "address"
        page.keyboard.type("layla@example.org")
        page.keyboard.press("Enter")
        done = page.locator("notifier-box [role=status][tabindex='-1']")
        done.wait_for()
        assert page.evaluate("document.querySelector('notifier-box').shadowRoot.activeElement.role") == "status"
        assert page.evaluate(OVERFLOW) == []
        assert page.context.cookies() == []
    row = paper.last()
    assert row is not None
    assert (row.topics, row.language, row.source, row.address) == (["thread:a1"], lang, "widget", "layla@example.org")
    assert row.frequency == "instant"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", WORDS)
def test_axe_finds_nothing_in_any_state_of_the_box(browser: Any, paper: Newspaper, lang: str, scheme: str) -> None:
    with opened(browser, paper.article(lang), "phone", scheme) as page:
        page.locator("notifier-box section").wait_for()
        assert hard_to_read(page, []) == []
        page.locator("notifier-box button").click()
        assert page.locator("notifier-box #fault").inner_text()
        page.locator("notifier-box input[type=checkbox]").first.check()
        page.locator("notifier-box #address").fill("layla@gmial.com")
        page.locator("notifier-box button[type=submit]").click()
        page.locator("notifier-box #fault button").first.wait_for()
        assert hard_to_read(page, []) == []
        page.locator("notifier-box #fault button").first.click()
        page.locator("notifier-box [role=status][tabindex='-1']").wait_for()
        assert hard_to_read(page, []) == []
    row = paper.last()
    assert row is not None
    assert row.address == "layla@gmail.com"


def test_a_page_of_a_stranger_gets_a_link_and_no_box(browser: Any, paper: Newspaper) -> None:
    with paper.visit.parts.db.writing() as session:
        session.get_one(Site, 1).origins = []
    with opened(browser, paper.article("en")) as page:
        link = page.locator("notifier-box a")
        link.wait_for()
        assert link.get_attribute("href").startswith(f"{paper.app_url}/naba/subscribe?lang=en&thread=a1")


def test_every_request_goes_to_the_two_origins_alone(browser: Any, paper: Newspaper) -> None:
    asked: list[str] = []
    context = browser.new_context(viewport=SIZES["phone"])
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(paper.article("ar"))
    page.locator("notifier-box section").wait_for()
    context.close()
    assert asked
    assert [one for one in asked if not one.startswith((paper.url, paper.app_url))] == []


ALONE = """
for (const name of ['Worker', 'SharedWorker', 'OffscreenCanvas']) delete window[name];
Object.defineProperty(window, 'crypto', { value: undefined });
URL.createObjectURL = () => { throw new Error('no blobs here'); };
let ms = 0;
performance.now = () => (ms += 5);  // Two hundred numbers are tried at a look: four hundred in a turn of twelve ms.
window.turns = 0;
const later = window.setTimeout;
window.setTimeout = (what, wait) => { if (wait === undefined) turns++; return later(what, wait); };
"""
CSP = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {app}; connect-src {app};
worker-src 'none'; style-src 'unsafe-inline'">"""


@pytest.mark.parametrize("knobs", [{"signup_work": 30_000}], indirect=True)
def test_the_puzzle_needs_no_worker_and_is_solved_in_turns(browser: Any, paper: Newspaper) -> None:
    url, answers = paper.article("ar"), list[Any]()
    page_file = paper.folder / "ar.html"
    page_file.write_text(
        page_file.read_text("utf-8").replace("<head>", f"<head>{CSP.format(app=paper.app_url)}"), "utf-8"
    )
    context = browser.new_context(viewport=SIZES["phone"])
    context.add_init_script(ALONE)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on(
        "request", lambda one: answers.append(one.post_data_json) if "/signups" in one.url and one.post_data else None
    )
    page.goto(url)
    page.locator("notifier-box input[type=checkbox]").first.check()
    page.locator("notifier-box #address").fill("layla@example.org")
    page.locator("notifier-box button[type=submit]").click()
    page.locator("notifier-box [role=status][tabindex='-1']").wait_for()
    turns = page.evaluate("turns")
    context.close()
    row = paper.last()
    assert row is not None
    assert row.address == "layla@example.org"
    assert turns == answers[-1]["number"] // 400, "between two turns the page is awake"


@pytest.mark.parametrize("lang", WORDS)
def test_the_plain_form_works_without_javascript(browser: Any, paper: Newspaper, lang: str) -> None:
    url = f"{paper.app_url}/naba/subscribe?lang={lang}&thread=a1&categories=Tech"
    with opened(browser, url, java_script_enabled=False) as page:
        page.get_by_role("checkbox").nth(2).check()
        page.locator("#address").fill("layla@hotmial.com")
        time.sleep(0.3)
        page.locator("form > button[type=submit]").click()
        page.locator("button[value=keep]").click()
        page.locator("h1").wait_for()
    row = paper.last()
    assert row is not None
    assert (row.address, row.topics, row.language) == ("layla@hotmial.com", ["category:tech"], lang)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_when_it_asks_back(browser: Any, paper: Newspaper, scheme: str) -> None:
    for lang in WORDS:
        with opened(browser, f"{paper.app_url}/naba/subscribe?lang={lang}", "phone", scheme) as page:
            page.get_by_role("checkbox").first.check()
            page.locator("#address").fill("layla@hotmial.com")
            page.locator("form > button[type=submit]").click()
            page.locator("button[value=keep]").wait_for()
            assert hard_to_read(page, []) == []
            assert page.evaluate(OVERFLOW) == []


def test_a_page_s_own_variables_reach_the_box(browser: Any, paper: Newspaper) -> None:
    with opened(browser, paper.article("en")) as page:
        page.locator("notifier-box section").wait_for()
        page.add_style_tag(content="notifier-box { --notifier-paper: rgb(1, 2, 3); --notifier-radius: 9px }")
        style = "getComputedStyle(document.querySelector('notifier-box').shadowRoot.querySelector('section'))"
        assert page.evaluate(f"{style}.backgroundColor") == "rgb(1, 2, 3)"
        assert page.evaluate(f"{style}.borderStartStartRadius") == "9px"
