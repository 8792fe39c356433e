"""Takes the pictures of every reader page: `python -m docs.screens.pages [--all FOLDER]`. Needs the `browser` extra.

Without `--all` only the chosen few that stand in the repository are taken, in 64 colours.
"""

import io
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from notifier import assembly, flow, migrate, upkeep
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.transports.memory import MemoryTransport
from notifier.web.app import create_app
from tests.desk.filled import STORIES
from tests.web.conftest import NOW, Visit, add_site, settings
from tests.web.reader_pages import go, served, signed_in, ways

HERE: Final = Path(__file__).parent / "pages"
SIZES: Final = {"phone": (390, 844), "desktop": (1000, 900), "small": (320, 640)}
COLOURS: Final = 64
SHOWN: Final = (
    "subscribe-ar-phone-light",
    "confirm-ar-phone-light",
    "archive-ar-phone-light",
    "archive-en-desktop-dark",
    "letter-ar-phone-light",
    "unsubscribe-ar-phone-light",
    "undone-en-phone-dark",
    "own-ar-phone-light",
    "history-ar-phone-light",
    "erase-en-phone-dark",
)
SECTIONS: Final = {
    "ar": ("سياسة", "رياضة", "اقتصاد", "ثقافة وفنون", "علوم وتقنية"),
    "en": ("سياسة", "رياضة", "Business", "Culture", "Science"),
}


def main() -> None:
    """Start the application, photograph each page, keep the chosen pictures (or all of them)."""
    folder = Path(sys.argv[sys.argv.index("--all") + 1]) if "--all" in sys.argv else None
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for language in STORIES:
            _photograph(browser, language, folder)
        browser.close()


def _photograph(browser: Browser, language: str, folder: Path | None) -> None:
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            titles = {title for title in SHOWN if title.endswith(f"-{language}-{size}-{scheme}")}
            if folder is None and not titles:
                continue
            with tempfile.TemporaryDirectory() as place:
                visit = _visit(Path(place), language)
                pages = ways(visit, language)
                with served(visit) as base:
                    context = browser.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme="dark" if scheme == "dark" else "light",
                    )
                    signed_in(visit, context, base)
                    page = context.new_page()
                    for name, way in pages.items():
                        title = f"{name}-{language}-{size}-{scheme}"
                        if folder is None and title not in SHOWN and not way.press:
                            continue
                        go(page, base, way)
                        if folder is not None or title in SHOWN:
                            _keep(page.screenshot(full_page=True), (folder or HERE) / f"{title}.png")
                    context.close()


def _keep(png: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(path.stem, path.stat().st_size)


def _visit(folder: Path, language: str) -> Visit:
    """A site with some sections and stories, as the tests of the pages have it."""
    url = f"sqlite:///{folder}/notifier.db"
    migrate.upgrade(url)
    knobs = settings(database_url=url, signup_fill_s=0, journal_folder=folder / "journal")
    transport = MemoryTransport()
    parts = replace(
        assembly.assemble(knobs), bell=lambda _nudges: None, depths=lambda: None, transports={"smtp": transport}
    )
    name = "صحيفة دفتر" if language == "ar" else "The Ledger"
    site = add_site(parts, "naba", name=name, language=language)
    visit = Visit(parts, None, transport, site_id=site)  # type: ignore[arg-type]  # the client needs the visit's clock
    news = [
        NewItem(
            ItemKind.ARTICLE, f"a{number + 1}", title=STORIES[language][number % 3], categories=(section,),
            published_at=NOW,
        )
        for number, section in enumerate(SECTIONS[language])
    ]  # fmt: skip
    flow.ingest_items(parts, site, news, NOW)
    upkeep.drain(parts, lambda: NOW)
    from fastapi.testclient import TestClient  # noqa: PLC0415 - of the tests' own client

    visit.client = TestClient(create_app(parts, now=lambda: visit.now))
    return visit


if __name__ == "__main__":
    main()
