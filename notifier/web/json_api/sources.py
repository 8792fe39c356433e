"""Where items come from, by the JSON API: each source and how it goes, added, read now, switched off, forgotten."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import JSONResponse

from notifier import sourcing
from notifier.domain.desk_words import Permission
from notifier.domain.words import SourceKind
from notifier.models import Source
from notifier.sourcing import NewSource, SourceInvalid
from notifier.web.edge import Edge, Here
from notifier.web.fields import CLEAN, Strict, Url
from notifier.web.json_api.answering import PREFIX, REFUSALS, Id, answer, missing, refusing
from notifier.web.keys import Caller, scoped
from notifier.web.problems import DESK, Problem

Onlooker = Annotated[Caller, scoped(Permission.SETUP_READ)]
Owner = Annotated[Caller, scoped(Permission.SETUP_WRITE)]
router = APIRouter(prefix=f"{PREFIX}/sources", tags=["sources"], responses=REFUSALS)
SAID: Final = frozenset({
    "bad_url", "known", "secret_name", "no_secret", "web_page", "not_feed", "private_address", "unreachable", "timeout",
    "tls", "status", "no_api", "wants_login",
})  # fmt: skip
"""Faults that have a sentence of their own; of all others one says that it cannot be read."""


class SourceBody(Strict):
    """A WordPress, or a feed (RSS, Atom or JSON)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "wordpress", "url": "https://rafidain.example"}]}
    )

    kind: SourceKind
    url: Url
    secret_name: Annotated[str, StringConstraints(max_length=100), CLEAN] = ""
    """The variable of the server, NOTIFIER_SOURCE_…, that holds a WordPress's `user name:application password`."""


class StoredSource(BaseModel):
    """A source, and how it goes."""

    id: int
    kind: SourceKind
    url: str
    secret_name: str
    is_enabled: bool
    last_polled_at: datetime | None
    last_ok_at: datetime | None
    next_poll_at: datetime
    failures: int
    """Failed polls in a row."""
    last_error: str
    """Of the last poll, in English; empty where all was well."""
    brought: int
    """How many items became news of it in seven days."""

    @classmethod
    def of(cls, row: Source, brought: int) -> Self:
        """A row."""
        return cls(
            id=row.id, kind=row.kind, url=row.url, secret_name=row.secret_name, is_enabled=row.is_enabled,
            last_polled_at=row.last_polled_at, last_ok_at=row.last_ok_at, next_poll_at=row.next_poll_at,
            failures=row.failures, last_error=row.last_error, brought=brought,
        )  # fmt: skip


@router.get("", response_model=list[StoredSource])
def list_sources(edge: Here, caller: Onlooker) -> JSONResponse:
    """Every source, when it was read, and what was wrong."""
    return answer(_stored(edge, caller))


@router.post("", status_code=201, response_model=StoredSource)
def add_source(edge: Here, caller: Owner, body: SourceBody) -> JSONResponse:
    """Look at an address, add it, and have it read at once; 409 for one that is there already."""
    new = NewSource(body.kind, body.url, body.secret_name)
    try:
        added = sourcing.add(edge.parts, caller.site_id, new, caller.actor, edge.clock())
    except SourceInvalid as refusal:
        status = HTTPStatus.CONFLICT if refusal.key == "known" else HTTPStatus.UNPROCESSABLE_ENTITY
        key = refusal.key if refusal.key in SAID else "unread"
        field = "secret_name" if "secret" in key else "url"
        raise Problem(status, f"{DESK}setup.source_{key}", field=field) from None
    return answer(_one(edge, caller, added.id), HTTPStatus.CREATED)


@router.get("/{source}", response_model=StoredSource)
def get_source(edge: Here, caller: Onlooker, source: Id) -> JSONResponse:
    """One source."""
    return answer(_one(edge, caller, source))


@router.delete("/{source}", status_code=204)
def remove_source(edge: Here, caller: Owner, source: Id) -> Response:
    """Forget it; what it brought stays."""
    with refusing():
        sourcing.remove(edge.parts, caller.site_id, source, caller.actor, edge.clock())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{source}/{act}", response_model=StoredSource)
def act_on_source(
    edge: Here, caller: Owner, source: Id, act: Literal["pause", "resume", "poll"]
) -> JSONResponse:  # fmt: skip
    """Read it no more, read it again from now on, or read it now."""
    of = edge.parts, caller.site_id, source, caller.actor, edge.clock()
    with refusing():
        if act == "poll":
            sourcing.poll_now(*of)
        else:
            sourcing.switch(*of, is_on=act == "resume")
    return answer(_one(edge, caller, source))


def _stored(edge: Edge, caller: Caller) -> list[StoredSource]:
    with edge.parts.db.reading() as session:
        rows = sourcing.of_site(session, caller.site_id)
        brought = sourcing.brought(session, caller.site_id, edge.clock())
    return [StoredSource.of(one, brought.get(one.id, 0)) for one in rows]


def _one(edge: Edge, caller: Caller, source: int) -> StoredSource:
    found = next((one for one in _stored(edge, caller) if one.id == source), None)
    if found is None:
        raise missing()
    return found
