"""Takes the pictures of every page of the editors' desk: `python -m docs.screens.desk [--all FOLDER]`.

Needs the `browser` extra. Without `--all` they are kept beside this file, small: 32 colours, the top of long pages.
"""

import io
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from docs.screens.pages import _visit
from tests.desk.every_page import all_of
from tests.desk.filled import STORIES, Filled, fill
from tests.web.conftest import Visit
from tests.web.reader_pages import served

HERE: Final = Path(__file__).parent / "desk"
LOOKS: Final = {"phone-light": (390, 844, "light"), "desktop-dark": (1200, 900, "dark")}
COLOURS, HEIGHT_MAX = 32, 1500
ALIKE: Final = frozenset({"home", "preview-text", "enter-over"})
"""Pages without a picture: another one shows the same."""


def main() -> None:
    """Start the application in each language, photograph each page."""
    folder = Path(sys.argv[sys.argv.index("--all") + 1]) if "--all" in sys.argv else HERE
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for language in STORIES:
            with tempfile.TemporaryDirectory() as place:
                visit = _visit(Path(place), language)
                filled = fill(visit, language)
                # A browser keeps `__Host-` cookies over TLS only; this one speaks plainly, on this machine.
                plain = visit.parts.settings.model_copy(update={"base_url": "http://127.0.0.1"})
                visit.parts = replace(visit.parts, settings=plain)
                with served(visit) as base:
                    photograph(browser, base, (visit, filled, language), folder)
        browser.close()


def photograph(browser: Browser, base: str, desk: tuple[Visit, Filled, str], folder: Path) -> None:
    """Every page in each look; says what sticks out of the window."""
    visit, filled, language = desk
    for look, (width, height, scheme) in LOOKS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale=language)  # type: ignore[arg-type]  # light or dark
        page = context.new_page()
        for name in all_of(page, base, filled, visit, language):
            if name in ALIKE:
                continue
            if wide := page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"):
                print(f"{name}-{language}-{look}: {wide} px too wide")
            keep(page.screenshot(full_page=True), folder / f"{name}-{language}-{look}.png")
        context.close()


def keep(png: bytes, path: Path) -> None:
    """Small: few colours, and of a long page its top."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.crop((0, 0, picture.width, min(picture.height, HEIGHT_MAX))).quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main()
