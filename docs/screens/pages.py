"""Takes the pictures of the reader pages: `python -m docs.screens.pages [--all]`. Needs the `browser` extra."""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

from notifier import assembly, flow, migrate, readers, upkeep
from notifier.consent.signup import SignUpForm
from notifier.domain import topics
from notifier.domain.items import NewItem
from notifier.domain.tokens import new_token, token_hash
from notifier.domain.words import ItemKind
from notifier.models import Delivery, OneTimeToken, ReaderSession, Signup, Site, Subscriber
from notifier.parts import Parts
from notifier.settings import Settings
from notifier.transports.memory import MemoryTransport
from notifier.web.app import create_app
from notifier.web.doors import COOKIE

HERE = Path(__file__).parent / "pages"
NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
SITES = {
    "ar": ("daftar", "صحيفة دفتر", ["سياسة", "اقتصاد", "ثقافة وفنون", "رياضة", "علوم وتقنية", "آراء"]),
    "en": ("ledger", "The Ledger", ["Politics", "Business", "Culture", "Sport", "Science", "Opinion"]),
}
SIZES = {"phone": (390, 844), "desktop": (1000, 900), "small": (320, 640)}
SHOWN = (
    "subscribe-ar-phone-light",
    "subscribe-ar-desktop-light",
    "confirm-ar-phone-light",
    "preferences-ar-desktop-light",
    "own-ar-phone-light",
    "own-en-desktop-dark",
    "unsubscribe-ar-phone-light",
    "history-ar-phone-light",
    "erase-en-phone-dark",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Pages of one site, by name."""

    language: str
    paths: dict[str, str]
    cookie: str
    """Of the pages that only a session opens."""


def main() -> None:
    """Start the application, photograph each page, keep the chosen pictures (or all of them)."""
    every = "--all" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        parts = _parts(Path(folder))
        scenes = [_scene(parts, language) for language in SITES]
        with _serving(parts) as base, sync_playwright() as playwright:
            flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
            for scene in scenes:
                _photograph(browser, base, scene, every=every)
            browser.close()


def _photograph(browser: Browser, base: str, scene: Scene, *, every: bool) -> None:
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            for name, path in scene.paths.items():
                title = f"{name}-{scene.language}-{size}-{scheme}"
                if not every and title not in SHOWN:
                    continue
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                page.context.add_cookies([{"name": COOKIE, "value": scene.cookie, "url": f"{base}/me"}])
                page.goto(f"{base}{path}")
                overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                page.screenshot(path=HERE / f"{title}.png", full_page=True)
                print(title, f"overflows by {overflow} px" if overflow else "")
                page.close()


def _parts(folder: Path) -> Parts:
    url = f"sqlite:///{folder}/notifier.db"
    migrate.upgrade(url)
    knobs = Settings(secret_key="only-for-pictures-" + new_token(), database_url=url, confirm_gap_s=0)  # type: ignore[arg-type]  # pydantic takes a str
    return replace(
        assembly.assemble(knobs), bell=lambda _nudges: None, depths=lambda: None, transports={"smtp": MemoryTransport()}
    )


def _scene(parts: Parts, language: str) -> Scene:
    slug, name, sections = SITES[language]
    site_id = _site(parts, slug, name, language)
    title = "بغداد تستضيف معرض الكتاب العربي في دورته الثلاثين" if language == "ar" else "The book fair opens its doors"
    news = [
        NewItem(ItemKind.ARTICLE, f"a{number}", title=title, categories=(section,), published_at=NOW)
        for number, section in enumerate(sections)
    ]
    flow.ingest_items(parts, site_id, news, NOW - timedelta(days=2))
    _work(parts, NOW - timedelta(days=2))
    reader = _reader(parts, slug, sections, language)
    comment = NewItem(ItemKind.COMMENT, "c1", html="<p>!</p>", article_guid="a0", author_name="سلمى", published_at=NOW)
    alert = NewItem(ItemKind.ARTICLE, "a9", title=title, categories=tuple(sections[:2]), published_at=NOW)
    flow.ingest_items(parts, site_id, [comment, alert], NOW)
    _work(parts, NOW)
    with parts.db.reading() as session:
        newest = select(Delivery.id).where(Delivery.subscriber_id == reader).order_by(Delivery.id.desc()).limit(1)
        delivery = session.scalars(newest).one()
    newcomer = _newcomer(parts, slug, (topics.category(sections[0]), topics.thread("a0")))
    return Scene(
        language,
        {
            "subscribe": f"/{slug}/subscribe?topic={topics.category(sections[0])}",
            "thread": f"/{slug}/subscribe?thread=a0",
            "confirm": _link(parts, newcomer, timedelta(hours=1)),
            "used": _link(parts, reader, timedelta(hours=1)),
            "expired": _link(parts, newcomer, timedelta(hours=-1)),
            "unsubscribe": f"/u/{parts.signer.sign('u', reader, delivery)}",
            "preferences": f"/p/{parts.signer.sign('p', reader)}?done=saved&part=topics",
            "missing": "/u/none?lang=" + language,
            "sign-in": f"/{slug}/sign-in",
            "own": "/me",
            "history": "/me/history",
            "address": "/me/address",
            "erase": "/me/erase",
        },
        _session(parts, reader),
    )


def _session(parts: Parts, reader: int) -> str:
    """The cookie of somebody who came by a sign-in link."""
    cookie = new_token()
    row = {"subscriber_id": reader, "token_hash": token_hash(cookie), "created_at": NOW}
    with parts.db.writing() as session:
        session.add(ReaderSession(**row, expires_at=NOW + timedelta(hours=1)))
    return cookie


def _site(parts: Parts, slug: str, name: str, language: str) -> int:
    with parts.db.writing() as session:
        site = Site(
            slug=slug,
            name=name,
            language=language,
            url="https://news.example",
            sender_name=name,
            sender_address="news@news.example",
            pepper=new_token()[:32],
            created_at=NOW,
        )
        session.add(site)
        session.flush()
        return site.id


def _reader(parts: Parts, slug: str, sections: list[str], language: str) -> int:
    for chosen, frequency in (
        ((topics.category(sections[0]), topics.thread("a0")), "instant"),
        ((topics.category(sections[1]),), "daily"),
    ):
        form = SignUpForm(
            slug, "layla@example.org", chosen, frequency, language, name="ليلى" if language == "ar" else "Layla"
        )
        readers.request_signup(parts, form, NOW)
        _work(parts, NOW)
        with parts.db.reading() as session:
            reader = session.scalars(select(Subscriber.id).order_by(Subscriber.id.desc()).limit(1)).one()
        readers.confirm(parts, _link(parts, reader, timedelta(hours=1)).rpartition("/")[2], "", NOW)
    return reader


def _newcomer(parts: Parts, slug: str, chosen: tuple[str, ...]) -> int:
    """Somebody who asked and has not confirmed yet."""
    readers.request_signup(parts, SignUpForm(slug, "huda@example.org", chosen, "daily"), NOW)
    _work(parts, NOW)
    with parts.db.reading() as session:
        return session.scalars(select(Subscriber.id).order_by(Subscriber.id.desc()).limit(1)).one()


def _link(parts: Parts, reader: int, left: timedelta) -> str:
    token = new_token()
    with parts.db.writing() as session:
        signup = session.scalars(select(Signup.id).where(Signup.subscriber_id == reader).order_by(Signup.id)).first()
        session.add(OneTimeToken(signup_id=signup, token_hash=token_hash(token), created_at=NOW, expires_at=NOW + left))
    return f"/confirm/{token}"


def _work(parts: Parts, now: datetime) -> None:
    upkeep.drain(parts, lambda: now)


@contextmanager
def _serving(parts: Parts) -> Iterator[str]:
    app = create_app(parts, now=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


if __name__ == "__main__":
    main()
