"""Pictures of the gallery's letters, taken by Chromium; without it or its driver the reason is told."""

import importlib
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from notifier.embedded.gallery.files import Shown

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS: Final = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"]
COLOURS: Final = 64
"""In a picture's palette: letters are flat, and a quarter of the size is left."""


class PicturesImpossible(Exception):  # noqa: N818 - it reads as what happened
    """There can be no pictures here; the message says what is missing and how to get it."""


class Look(NamedTuple):
    """How a letter is looked at."""

    device: str
    scheme: str

    def __str__(self) -> str:
        """`phone-dark`."""
        return f"{self.device}-{self.scheme}"


LOOKS: Final = tuple(Look(device, scheme) for device in ("phone", "desktop") for scheme in ("light", "dark"))
_FRAMES: Final = {
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5, "is_mobile": True},
    "desktop": {"viewport": {"width": 760, "height": 900}, "device_scale_factor": 1},
}


def take_pictures(letters: Sequence[Shown], looks: Sequence[Look] = LOOKS, tallest: int = 0) -> Iterator[Path]:
    """Write `<kind>-<language>-<look>.png` beside each page; gives each as it is done. Raises PicturesImpossible.

    With `tallest` they end at so many CSS pixels.
    """
    with _browser() as browser:
        for look in looks:
            context = browser.new_context(**_FRAMES[look.device], color_scheme=look.scheme)
            # Nothing is fetched from anywhere: what stands in the folder is all there is.
            context.route("**/*", lambda route: route.continue_() if _is_file(route) else route.abort())
            page = context.new_page()
            for letter in letters:
                file = letter.page.with_name(f"{letter.name}-{look}.png")
                page.goto(letter.page.resolve().as_uri())
                file.write_bytes(_smaller(page.screenshot(full_page=True, clip=_top(page, tallest))))
                yield file
            context.close()


def _top(page: Any, tallest: int) -> dict[str, int] | None:  # noqa: ANN401 - the driver may not be installed, nor its types
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    return {"x": 0, "y": 0, "width": width, "height": min(height, tallest)} if tallest else None


def _is_file(route: Any) -> bool:  # noqa: ANN401 - the same
    return str(route.request.url).startswith("file:")


@contextmanager
def _browser() -> Iterator[Any]:
    try:
        driver = importlib.import_module("playwright.sync_api")
    except ImportError:
        raise PicturesImpossible("playwright is not installed: pip install 'notifier[browser]'") from None
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with driver.sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=found, args=ARGUMENTS)
        except driver.Error as fault:
            reason = str(fault).strip().split("\n")[0]
            hint = "apt install chromium, or playwright install chromium"
            raise PicturesImpossible(f"Chromium does not start ({hint}): {reason}") from None
        try:
            yield browser
        finally:
            browser.close()


def _smaller(png: bytes) -> bytes:
    """The picture with a palette, where Pillow is here to make one."""
    try:
        image = importlib.import_module("PIL.Image")
    except ImportError:
        return png
    made = io.BytesIO()
    whole = image.open(io.BytesIO(png)).convert("RGB")
    whole.quantize(COLOURS, dither=image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()
