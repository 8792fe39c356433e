"""Make a site and change it, and make the API keys that may speak for it."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.address import check_address
from notifier.domain.desk_words import USUAL
from notifier.domain.letter import Logo
from notifier.domain.tokens import new_token, token_hash
from notifier.domain.words import Calendar, Digits, SourceKind
from notifier.models import ApiKey, Site, Source
from notifier.site_rules import check_face, checked_origins, checked_replies_url, checked_sender

KEY_PREFIX: Final = "nk_"
_SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
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


def open_site(session: Session, new: NewSite, by: Actor, now: datetime) -> tuple[Site, str]:
    """Make a site and its first API key, which is given away once. Raises ValueError as `add_site` does."""
    site = add_site(session, new, now)
    audit.note(session, by, "site.added", now, site_id=site.id, slug=site.slug)
    key = add_key(session, site, "first", USUAL, now)
    made = session.scalars(select(ApiKey.id).where(ApiKey.key_hash == token_hash(key))).one()
    audit.note(session, by, "key.made", now, site_id=site.id, key=made, scopes=", ".join(USUAL))
    return site, key


@dataclass(frozen=True, slots=True)
class SiteChange:
    """What shall be otherwise; None leaves a thing as it is."""

    name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    url: str | None = None
    sender_name: str | None = None
    sender_address: str | None = None
    postal_address: str | None = None
    colour: str | None = None
    logo: Logo | None = None
    """`NO_LOGO` for none from now on."""
    digest_hour: int | None = None
    digest_weekday: int | None = None
    digits: Digits | None = None
    calendar: Calendar | None = None
    sends_welcome: bool | None = None
    sends_goodbye: bool | None = None
    origins: tuple[str, ...] | None = None
    replies_url: str | None = None
    has_archive: bool | None = None
    is_archive_indexed: bool | None = None

    def values(self) -> dict[str, Any]:
        """The columns that it names, checked. Raises SiteInvalid."""
        given = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) is not None}
        check_face(given)
        if "sender_address" in given:
            given["sender_address"] = checked_sender(given["sender_address"])
        if "origins" in given:
            given["origins"] = checked_origins(given["origins"])
        if "replies_url" in given:
            given["replies_url"] = checked_replies_url(given["replies_url"])
        if (logo := given.pop("logo", None)) is not None:
            given |= {"logo_url": logo.url, "logo_width": logo.width, "logo_height": logo.height}
        return given


def amend_site(session: Session, site: Site, change: SiteChange, by: Actor, now: datetime) -> tuple[str, ...]:
    """Change a site, whole or not at all; gives the columns that are otherwise now. Raises SiteInvalid."""
    values = change.values()
    changed = tuple(sorted(name for name, value in values.items() if getattr(site, name) != value))
    for name in changed:
        setattr(site, name, values[name])
    if changed:
        audit.note(session, by, "site.changed", now, site_id=site.id, fields=", ".join(changed))
    return changed


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
    check_face(
        {
            "time_zone": new.time_zone,
            "colour": new.colour,
            "logo": new.logo,
            "digest_hour": new.digest_hour,
        }
    )
