"""Make a site, and the API keys that may speak for it."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from notifier.domain.address import check_address
from notifier.domain.letter import Logo
from notifier.domain.schedule import is_zone
from notifier.domain.tokens import new_token, token_hash
from notifier.domain.weburl import origin_of, web_url
from notifier.domain.words import Calendar, Digits, SourceKind
from notifier.models import ApiKey, Site, Source

KEY_PREFIX: Final = "nk_"
_SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
RESERVED: Final = frozenset(
    {
        *("api", "confirm", "u", "p", "v", "i", "c", "o", "health", "ready", "metrics", "inbox", "static"),
        *("sample", "hooks", "desk", "me", "sign-in", "undo", "wpdiscuzsubscription"),
    }
)
"""First segments of our own paths."""


@dataclass(frozen=True, slots=True)
class NewSite:
    """A publication to be made."""

    slug: str
    name: str
    sender_address: str
    sender_name: str = ""
    language: str = "ar"
    time_zone: str = "Asia/Baghdad"
    url: str = ""
    postal_address: str = ""
    colour: str = "#0f5c7a"
    logo: Logo | None = None
    digest_hour: int = 8
    digits: Digits = Digits.LOCALE
    calendar: Calendar = Calendar.LOCALE
    sends_welcome: bool = True
    sends_goodbye: bool = False
    has_archive: bool = True
    origins: tuple[str, ...] = ()
    """Where else than at `url` its subscribe box may stand."""


def add_site(session: Session, new: NewSite, now: datetime) -> Site:
    """Make a site.

    Raises ValueError with a sentence for a slug, address, time zone, colour or origin that cannot be right.
    """
    _check(new)
    site = Site(
        slug=new.slug,
        name=new.name,
        language=new.language,
        time_zone=new.time_zone,
        url=new.url,
        sender_name=new.sender_name or new.name,
        sender_address=str(check_address(new.sender_address)),
        postal_address=new.postal_address,
        colour=new.colour,
        logo_url=new.logo.url if new.logo else "",
        logo_width=new.logo.width if new.logo else 0,
        logo_height=new.logo.height if new.logo else 0,
        digest_hour=new.digest_hour,
        digits=new.digits,
        calendar=new.calendar,
        sends_welcome=new.sends_welcome,
        sends_goodbye=new.sends_goodbye,
        has_archive=new.has_archive,
        pepper=secrets.token_hex(32),
        origins=checked_origins(new.origins),
        created_at=now,
    )
    session.add(site)
    session.flush()
    return site


def checked_origins(given: Iterable[str]) -> list[str]:
    """Origins as browsers write them, each once. Raises ValueError with a sentence for what is none."""
    found = {origin_of(one): one for one in given}
    if "" in found:
        raise ValueError(f"origin {found['']!r}: write it like https://www.rafidain.example")
    return list(found)


def add_key(session: Session, site: Site, name: str, scopes: Iterable[str], now: datetime) -> str:
    """Make an API key with these of the `Permission`s and give it away, once: only its hash is kept."""
    key = KEY_PREFIX + new_token()
    session.add(ApiKey(site_id=site.id, name=name, key_hash=token_hash(key), scopes=list(scopes), created_at=now))
    return key


def add_source(
    session: Session, site: Site, kind: SourceKind, url: str, now: datetime, secret_name: str = ""
) -> Source:
    """Add a source; its first poll is due at once. `secret_name` is the variable that holds its password."""
    source = Source(site_id=site.id, kind=kind, url=url, secret_name=secret_name, next_poll_at=now, created_at=now)
    session.add(source)
    session.flush()
    return source


def _check(new: NewSite) -> None:
    if not _SLUG.fullmatch(new.slug) or new.slug in RESERVED:
        raise ValueError(f"slug {new.slug!r}: use 1 to 64 of a-z, 0-9 and -, and none of our own paths")
    if not is_zone(new.time_zone):
        raise ValueError(f"time zone {new.time_zone!r} is not known: write it like Asia/Baghdad")
    if not _COLOUR.fullmatch(new.colour):
        raise ValueError(f"colour {new.colour!r}: write it like #0f5c7a")
    if new.logo and (not web_url(new.logo.url) or min(new.logo.width, new.logo.height) < 1):
        raise ValueError("logo: give its https:// address, and its width and height in pixels")
    if new.digest_hour not in range(24):
        raise ValueError(f"digest hour {new.digest_hour}: from 0 to 23")
