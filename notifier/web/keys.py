"""API keys: who calls, for which site, and what they may do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy import or_, select, update

from notifier.db import Database
from notifier.desk.audit import Actor
from notifier.domain.desk_words import Permission
from notifier.domain.tokens import token_hash
from notifier.models import ApiKey, Site
from notifier.web.edge import Here
from notifier.web.problems import Problem

USED_EVERY: Final = timedelta(minutes=1)
"""How exactly `last_used_at` is kept: a write for each request would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A program whose key is good for this site."""

    site_id: int
    key_id: int = 0
    name: str = ""
    scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        """Who acts, in the log."""
        return Actor(f"key:{self.key_id}")

    def may(self, permission: Permission) -> bool:
        """Whether the key has this one as well."""
        return permission.value in self.scopes

    def needs(self, permission: Permission) -> None:
        """Refuse whoever has not this one too. Raises Problem: 403."""
        if not self.may(permission):
            raise _lacking(permission)


class KeyFor(SecurityBase):
    """For `Security`: lets in whoever has a key for the site in the path with this permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        self.model = HTTPBearer(description="A key of the site: `Authorization: Bearer nk_…`.")
        self.scheme_name = "key"

    def __call__(self, request: Request, edge: Here, site: str) -> Caller:
        """The caller. Raises Problem: 401 for a key that is no key, 403 for one that opens something else."""
        now = edge.clock()
        # A missing, a wrong and a former key cost the same hash and the same look-up.
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        hashed = token_hash(presented.strip())
        with edge.parts.db.reading() as session:
            found = session.execute(
                select(ApiKey, Site.slug).join(Site, Site.id == ApiKey.site_id).where(ApiKey.key_hash == hashed)
            ).one_or_none()
        if scheme.lower() != "bearer" or not presented.strip():
            raise _unauthorised("no_key")
        if found is None or not _works(found[0], now):
            raise _unauthorised("wrong_key")
        key, slug = found
        self._check(key, slug, site)
        _note_use(edge.parts.db, key, now)
        return Caller(key.site_id, key.id, key.name, frozenset(key.scopes))

    def _check(self, key: ApiKey, slug: str, site: str) -> None:
        # The same answer for a foreign site and for none, so that a key cannot list sites.
        if slug != site:
            raise Problem(HTTPStatus.FORBIDDEN, "wrong_site")
        if self.permission not in key.scopes:
            raise _lacking(self.permission)


def scoped(permission: Permission) -> Any:  # noqa: ANN401 - what FastAPI makes a dependency of
    """For `Annotated`: the key, and its scope in the document."""
    return Security(KeyFor(permission), scopes=[permission.value])


Writer = Annotated[Caller, scoped(Permission.WRITE)]
Reader = Annotated[Caller, scoped(Permission.READ)]


def _works(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.ends_at is None or now < key.ends_at)


def _lacking(permission: Permission) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "missing_scope", values={"scope": permission.value})


def _note_use(db: Database, key: ApiKey, now: datetime) -> None:
    since = now - USED_EVERY
    if key.last_used_at is not None and key.last_used_at > since:
        return
    with db.writing() as session:
        session.execute(
            update(ApiKey)
            .where(ApiKey.id == key.id, or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= since))
            .values(last_used_at=now)
        )


def _unauthorised(key: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, key, headers={"WWW-Authenticate": "Bearer"})
