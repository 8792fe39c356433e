"""Pictures of a letter: whose are shown, by what address, and how large."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from notifier.domain.text.bidi import Phrase
from notifier.domain.tokens import Signer
from notifier.domain.weburl import web_url

PURPOSE: Final = "image"
PATH: Final = "/i/"
WIDTH: Final = 600
"""Of the letter, in CSS pixels: Outlook shows a picture as wide as it says, whatever stands around it."""
_HEIGHT: Final = 338
HEIGHT_MAX: Final = 900
_SIDE_LEAST: Final = 40
"""Smaller ones are counting pixels, icons and faces."""
_SIDE_MOST: Final = 100_000
_LOGO_WIDTH, _LOGO_HEIGHT = 260, 44


@dataclass(frozen=True, slots=True)
class Picture:
    """An image: sizes in CSS pixels at the letter's full width."""

    url: str
    alt: Phrase
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where pictures may come from: https from the site itself and from `hosts`, all else through us or not at all."""

    base_url: str
    hosts: frozenset[str]
    """With their subdomains."""
    signer: Signer | None
    """Signs the addresses of what comes through us; None where nothing does."""

    def url(self, raw: str, site_url: str) -> str:
        """The address a letter of this site shows a picture by; "" for one it does without."""
        address = web_url(raw)
        if not address or address.startswith(f"{self.base_url}/"):
            return address
        parts = urlsplit(address)
        own = (urlsplit(site_url).hostname or "").removeprefix("www.")
        if parts.scheme == "https" and _is_among(parts.hostname or "", self.hosts | {own}):
            return address
        return f"{self.base_url}{PATH}{self.signer.seal(PURPOSE, address)}" if self.signer else ""


def size(facts: dict[str, Any]) -> tuple[int, int] | None:
    """Width and height as shown, by what is known of the picture; None where it is nothing to look at."""
    if facts.get("image_bytes") == 0:
        return None
    width, height = (_side(facts.get(f"image_{name}")) for name in ("width", "height"))
    if not width or not height:
        return WIDTH, _HEIGHT
    return None if min(width, height) < _SIDE_LEAST else fitted(width, height, WIDTH, HEIGHT_MAX)


def logo_size(width: int, height: int) -> tuple[int, int]:
    """As shown in the masthead."""
    return fitted(width, height, _LOGO_WIDTH, _LOGO_HEIGHT)


def fitted(width: int, height: int, width_max: int, height_max: int) -> tuple[int, int]:
    """The largest size of the same shape that is within both, and not above its own."""
    share = min(1.0, width_max / width, height_max / height)
    return max(1, round(width * share)), max(1, round(height * share))


def _side(value: object) -> int:
    is_side = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _SIDE_MOST
    return value if is_side else 0  # type: ignore[return-value]  # narrowed by is_side


def _is_among(host: str, hosts: frozenset[str]) -> bool:
    return any(one and (host == one or host.endswith(f".{one}")) for one in hosts)
