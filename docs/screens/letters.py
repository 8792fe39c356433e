"""Takes the pictures of the letters: `python docs/screens/letters.py [folder]`; needs the `browser` extra."""

import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from notifier.domain.letter import LetterContent  # noqa: E402 - the checkout must be on the path first
from notifier.stages.render import Renderer, mail_html  # noqa: E402 - the same
from tests.letters import fixtures  # noqa: E402 - the same

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
# Width and height at most in CSS pixels, and device pixels in each: small enough for a repository.
PHONE, DESKTOP = (390, 1150, 2), (800, 2500, 1)
# A drawn stand-in for a press photograph: a river at dusk, an old bridge.
RIVER = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 338"><defs><linearGradient id="s" x2="0" y2="1">
<stop stop-color="#4d6d86"/><stop offset=".55" stop-color="#d9a877"/><stop offset=".6" stop-color="#7d8a83"/>
<stop offset="1" stop-color="#2e4a52"/></linearGradient></defs><path fill="url(#s)" d="M0 0h600v338H0z"/>
<path fill="#3a4148" d="M0 178q60-22 130-8t150-6 140 4 180-4v36H0z"/><path fill="#2b2622" fill-rule="evenodd"
d="M0 186h600v64h-18q-6-42-44-42t-44 42h-36q-6-42-44-42t-44 42h-36q-6-42-44-42t-44 42h-36q-6-42-44-42t-44 42H90
q-6-42-44-42T2 250H0z"/><path stroke="#e9d3b0" stroke-opacity=".35" stroke-width="2" d="M40 282h120m60 18h190m40-26h110
m-420 44h90"/></svg>"""


def main() -> None:
    """Write `<kind>-<language>-<device>-<scheme>.png` for Arabic, and the digest in English."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(ROOT / "templates")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, content in _letters():
            html = mail_html(renderer.render(content), fixtures.personal())
            for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
                for scheme in ("light", "dark"):
                    _shoot(browser, html, size, scheme, folder / f"{name}-{device}-{scheme}.png")
        browser.close()


def _letters() -> Iterator[tuple[str, LetterContent]]:
    for kind, content in fixtures.SAMPLES.items():
        yield f"{kind}-ar", content
    yield "digest-en", fixtures.sample(fixtures.DIGEST.kind, "en")


def _shoot(browser: Browser, html: str, size: tuple[int, int, int], scheme: str, file: Path) -> None:
    width, tallest, scale = size
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        device_scale_factor=scale,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.route("**/*", _draw)
    page.set_content(html, wait_until="load")
    height = min(tallest, page.evaluate("document.documentElement.scrollHeight"))
    page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    page.close()


def _draw(route: Route) -> None:
    if route.request.resource_type == "image":
        route.fulfill(body=RIVER, content_type="image/svg+xml")
    else:
        route.abort()


if __name__ == "__main__":
    main()
