"""What a site may be called, look like and point to; each rule names its field."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.letter import Logo
from notifier.domain.picture_size import size_of
from notifier.domain.schedule import is_zone
from notifier.domain.text.locales import LANGUAGES, base_language
from notifier.domain.weburl import origin_of, web_url
from notifier.sources.faults import FetchRefused
from notifier.sources.fetch import Fetcher

NAME_MAX, POSTAL_MAX = 200, 500
LOGO_BYTES_MAX: Final = 2_000_000
NO_LOGO: Final = Logo("", 0, 0)
"""In a change: from now on none."""
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


class SiteInvalid(ValueError):  # noqa: N818 - it is a decision
    """What a site cannot have: `field` says which, the text says it to who works on the command line."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def checked_sender(address: str) -> str:
    """An address that letters may come from. Raises SiteInvalid."""
    try:
        return str(check_address(address))
    except AddressInvalid as fault:
        raise SiteInvalid("sender_address", f"sender {address!r} is not an address ({fault.key})") from fault


def checked_origins(given: Iterable[str]) -> list[str]:
    """Origins as browsers write them, each once. Raises SiteInvalid for what is none."""
    found = {origin_of(one): one for one in given}
    if "" in found:
        raise SiteInvalid("origins", f"origin {found['']!r}: write it like https://www.rafidain.example")
    return list(found)


def checked_replies_url(given: str) -> str:
    """Where readers' replies are posted, or "" for nowhere. Raises SiteInvalid."""
    url = web_url(given.strip())
    if given.strip() and not url:
        raise SiteInvalid("replies_url", f"replies URL {given!r}: write it like https://www.rafidain.example/replies")
    return url


def fetched_logo(fetch: Fetcher, url: str) -> Logo:
    """A logo with the size that its file has. Raises SiteInvalid for what cannot be fetched or is no picture."""
    found = web_url(url.strip())
    if not found:
        raise SiteInvalid("logo_url", f"logo {url!r}: give its https:// address")
    get = replace(fetch, bytes_max=min(fetch.bytes_max, LOGO_BYTES_MAX), accept="image/*")
    try:
        picture = get.get(found).body
    except FetchRefused as fault:
        raise SiteInvalid("logo_fetch", f"logo: {fault.detail}") from fault
    size = size_of(picture)
    if size is None:
        raise SiteInvalid("logo_kind", "logo: the address leads to no PNG, JPEG, GIF or WebP")
    return Logo(found, *size)


def check_face(values: Mapping[str, Any]) -> None:
    """Whether a site may have these. Raises SiteInvalid."""
    for name, is_wrong, sentence in _RULES:
        if name in values and is_wrong(values[name]):
            raise SiteInvalid(name, sentence.format(values[name]))


def _is_no_logo(logo: Logo | None) -> bool:
    return logo is not None and logo != NO_LOGO and (not web_url(logo.url) or min(logo.width, logo.height) < 1)


_RULES: Final[tuple[tuple[str, Callable[[Any], bool], str], ...]] = (
    ("name", lambda name: not 0 < len(name.strip()) <= NAME_MAX, "name {!r}: from 1 to 200 characters"),
    ("sender_name", lambda name: len(name) > NAME_MAX, "sender name {!r}: at most 200 characters"),
    ("postal_address", lambda text: len(text) > POSTAL_MAX, "postal address: at most 500 characters"),
    ("url", lambda url: bool(url) and not web_url(url), "home page {!r}: write it like https://www.rafidain.example"),
    ("language", lambda tag: base_language(tag) not in LANGUAGES, "language {!r}: one of ar, ckb, en, fa, he, ur"),
    ("time_zone", lambda zone: not is_zone(zone), "time zone {!r} is not known: write it like Asia/Baghdad"),
    ("colour", lambda colour: not _COLOUR.fullmatch(colour), "colour {!r}: write it like #0f5c7a"),
    ("logo", _is_no_logo, "logo: give its https:// address, and its width and height in pixels"),
    ("digest_hour", lambda hour: hour not in range(24), "digest hour {}: from 0 to 23"),
    ("digest_weekday", lambda day: day not in range(7), "digest weekday {}: from 0, Monday, to 6"),
)
