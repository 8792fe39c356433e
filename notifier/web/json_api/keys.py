"""API keys by the JSON API: listed, made and replaced by a key that may give what it gives, revoked for ever."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from notifier import api_keys
from notifier.domain.desk_words import Permission
from notifier.models import ApiKey
from notifier.web.edge import Here
from notifier.web.fields import CLEAN, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, Id, answer, refusing
from notifier.web.keys import Caller, scoped

Onlooker = Annotated[Caller, scoped(Permission.KEYS_READ)]
Keeper = Annotated[Caller, scoped(Permission.KEYS_WRITE)]
router = APIRouter(prefix=f"{PREFIX}/keys", tags=["keys"], responses=REFUSALS)


class KeyBody(Strict):
    """What a new key is for, and what it may; no more than the key that makes it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "newsroom system", "scopes": ["items:write", "items:read"]}]}
    )

    name: Annotated[str, StringConstraints(min_length=1, max_length=api_keys.NAME_MAX), CLEAN]
    scopes: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=len(Permission))]


class StoredKey(BaseModel):
    """A key without itself: only its hash is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    ends_at: datetime | None
    """Until when it works beside the one that replaces it."""


class MadeKey(BaseModel):
    """A new key, shown only now."""

    id: int
    key: str


@router.get("", response_model=list[StoredKey])
def list_keys(edge: Here, caller: Onlooker) -> JSONResponse:
    """Every key of the site, those that work first."""
    with edge.parts.db.reading() as session:
        return answer([StoredKey.model_validate(one) for one in api_keys.of_site(session, caller.site_id)])


@router.post("", status_code=201, response_model=MadeKey)
def make_key(edge: Here, caller: Keeper, body: KeyBody) -> JSONResponse:
    """Make a key; 403 for a scope that the key that makes it has not itself."""
    for one in body.scopes:
        caller.needs(one)
    with refusing():
        made = api_keys.make(edge.parts, caller.site_id, body.name, body.scopes, caller.actor, edge.clock())
    return answer(MadeKey(id=made.id, key=made.key), HTTPStatus.CREATED)


@router.post("/{key}/replace", status_code=201, response_model=MadeKey)
def replace_key(edge: Here, caller: Keeper, key: Id) -> JSONResponse:
    """Make a key of the same name and scopes; the old one works for a day more.

    403 where it may what the calling key may not; 422 for a key that is revoked or replaced already.
    """
    with refusing():
        with edge.parts.db.reading() as session:
            scopes = api_keys.one(session, caller.site_id, key).scopes
        for one in scopes:
            caller.needs(Permission(one))
        made = api_keys.replace(edge.parts, caller.site_id, key, caller.actor, edge.clock())
    return answer(MadeKey(id=made.id, key=made.key), HTTPStatus.CREATED)


@router.delete("/{key}", response_model=StoredKey)
def revoke_key(edge: Here, caller: Keeper, key: Id) -> JSONResponse:
    """Refuse a key from now on, for ever; twice is as once."""
    with refusing():
        api_keys.revoke(edge.parts, caller.site_id, key, caller.actor, edge.clock())
    with edge.parts.db.reading() as session:
        return answer(StoredKey.model_validate(session.get_one(ApiKey, key)))
