"""Make, replace and revoke API keys: each act one transaction, and one line in the log."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.desk.people import DeskError
from notifier.domain.desk_words import Permission
from notifier.domain.tokens import token_hash
from notifier.models import ApiKey, Site
from notifier.parts import Parts
from notifier.sites import add_key

NAME_MAX: Final = 100
OVERLAP: Final = timedelta(hours=24)
"""How long a key works on beside the one that takes its place, as an endpoint's former secret does."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new key, told once."""

    id: int
    key: str = field(repr=False)


def make(parts: Parts, site_id: int, name: str, scopes: Iterable[str], by: Actor, now: datetime) -> Made:
    """A new key. Raises DeskError for one without a name, or that may do nothing."""
    wanted = set(scopes)
    may = [one for one in Permission if one.value in wanted]
    if not 0 < len(name.strip()) <= NAME_MAX:
        raise DeskError("key_bad_name", "name")
    if not may:
        raise DeskError("key_no_scopes", "scope")
    with parts.db.writing() as session:
        key = add_key(session, session.get_one(Site, site_id), name.strip(), may, now)
        made = session.scalars(select(ApiKey.id).where(ApiKey.key_hash == token_hash(key))).one()
        audit.note(session, by, "key.made", now, site_id=site_id, key=made, scopes=", ".join(may))
        return Made(made, key)


def replace(parts: Parts, site_id: int, key_id: int, by: Actor, now: datetime) -> Made:
    """A new key of the same name that may the same; the old one ends a day later.

    Raises LookupError, and DeskError for a key that is revoked or that another one replaces already.
    """
    with parts.db.writing() as session:
        old = one(session, site_id, key_id, is_locked=True)
        if old.revoked_at is not None or old.ends_at is not None:
            raise DeskError("key_is_over", "key")
        key = add_key(session, session.get_one(Site, site_id), old.name, old.scopes, now)
        made = session.scalars(select(ApiKey.id).where(ApiKey.key_hash == token_hash(key))).one()
        old.ends_at = now + OVERLAP
        audit.note(session, by, "key.replaced", now, site_id=site_id, key=key_id, by_key=made)
        return Made(made, key)


def revoke(parts: Parts, site_id: int, key_id: int, by: Actor, now: datetime) -> None:
    """Refuse a key from now on, for ever; twice is as once. Raises LookupError."""
    with parts.db.writing() as session:
        key = one(session, site_id, key_id, is_locked=True)
        if key.revoked_at is None:
            key.revoked_at = now
            audit.note(session, by, "key.revoked", now, site_id=site_id, key=key_id)


def of_site(session: Session, site_id: int) -> list[ApiKey]:
    """Every key of a site: those that work, those that are replaced, those that are revoked."""
    mine = select(ApiKey).where(ApiKey.site_id == site_id)
    return list(session.scalars(mine.order_by(ApiKey.revoked_at.is_not(None), ApiKey.ends_at.is_not(None), ApiKey.id)))


def one(session: Session, site_id: int, key_id: int, *, is_locked: bool = False) -> ApiKey:
    """A key of a site. Raises LookupError."""
    ours = select(ApiKey).where(ApiKey.id == key_id, ApiKey.site_id == site_id)
    key = session.scalar(ours.with_for_update() if is_locked else ours)
    if key is None:
        raise LookupError(key_id)
    return key
