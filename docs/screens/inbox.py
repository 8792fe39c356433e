"""Takes the pictures of the development inbox, with the demo's own letters: `python docs/screens/inbox.py [folder]`."""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from notifier.embedded.demo.stage import Demo

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
WIDE = {"width": 1600, "height": 1000}
PATIENCE_S = 60


def main() -> None:
    """Let the demo's story happen, then look at the inbox and at one digest in it."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "inbox"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, Demo(Path(data), 8000) as demo:
        settle(demo)
        digest = next(entry.id for entry in demo.inbox.list() if "luma@example.org" in entry.rcpt_to)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for name, path, size, scheme in (
                ("list-desktop-light", "/inbox?still=1", DESKTOP, "light"),
                ("list-phone-dark", "/inbox?still=1", PHONE, "dark"),
                ("digest-desktop-light", f"/inbox/{digest}", DESKTOP, "light"),
                ("digest-clients-wide-light", f"/inbox/{digest}?tab=clients", WIDE, "light"),
                ("digest-source-desktop-dark", f"/inbox/{digest}?tab=headers", DESKTOP, "dark"),
            ):
                take(browser, f"{demo.station.url}{path}", size, scheme, folder / f"{name}.png")
            browser.close()


def settle(demo: Demo) -> None:
    """Wait until every letter of the story has arrived."""
    end = time.monotonic() + PATIENCE_S
    while not demo.is_settled and time.monotonic() < end:
        demo.watch()
        time.sleep(0.25)


def take(browser: Browser, url: str, size: dict[str, int], scheme: str, path: Path) -> None:
    """One picture of what stands above the fold."""
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="ar")
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main()
