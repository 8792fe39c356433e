"""Acts on many readers by the JSON API: begun, watched, and undone."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import select
from starlette.responses import JSONResponse

from notifier import bulk_acts
from notifier.bulk_acts import IDS_MAX, Wanted
from notifier.domain.desk_words import ActKind, ActState
from notifier.models import BulkAct
from notifier.web.edge import Edge, Here
from notifier.web.fields import Strict
from notifier.web.json_api.answering import (
    BIG_ID_MAX,
    PREFIX,
    REFUSALS,
    Before,
    BigId,
    answer,
    missing,
    out_of_turn,
    refusing,
    wrong,
)
from notifier.web.json_api.finding import search_of
from notifier.web.json_api.reader_bodies import Filter, Line, TagName, TopicName
from notifier.web.json_api.readers import Editor, Onlooker
from notifier.web.keys import Caller

router = APIRouter(prefix=f"{PREFIX}/acts", tags=["acts"], responses=REFUSALS)
SHOWN: Final = 50
_UNKNOWN: Final = {ActKind.UNTAG: ("unknown_tag", "tag"), ActKind.UNSUBSCRIBE: ("unknown_topics", "topic")}
_NEEDS: Final = {ActKind.TAG: "tag", ActKind.UNTAG: "tag", ActKind.UNSUBSCRIBE: "topic"}


class ActBody(Strict):
    """What to do to whom: to readers by their ids, or to all whom a search finds now (`{}`: everybody)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "tag", "tag": "vip", "search": {"topic": "category:سياسة", "state": "active"}},
                {"kind": "unsubscribe", "topic": "category:سياسة", "ids": [41, 42]},
            ]
        }
    )

    kind: ActKind
    tag: TagName = ""
    """For `tag` and `untag`."""
    topic: TopicName = ""
    """For `unsubscribe`."""
    reason: Line = ""
    """For `suppress`."""
    ids: Annotated[tuple[Annotated[int, Field(ge=1, le=BIG_ID_MAX)], ...], Field(max_length=IDS_MAX)] = ()
    search: Filter | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.ids) == (self.search is not None):
            raise PydanticCustomError("error_ids_or_search", "one of the two")
        if (needed := _NEEDS.get(self.kind)) and not getattr(self, needed):
            raise PydanticCustomError("error_act_needs", "about what", {"needed": needed})
        return self


class StoredAct(BaseModel):
    """An act, and how far it has come."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: ActKind
    words: str
    """The tag, the topic or the reason."""
    state: ActState
    seen: int
    changed: int
    created_at: datetime
    finished_at: datetime | None


class ActPage(BaseModel):
    """A page of acts."""

    acts: list[StoredAct]
    next: int | None


@router.get("", response_model=ActPage)
def list_acts(edge: Here, caller: Onlooker, before: Before = 0) -> JSONResponse:
    """The acts so far, the newest first."""
    newest = select(BulkAct).where(BulkAct.site_id == caller.site_id).order_by(BulkAct.id.desc()).limit(SHOWN)
    with edge.parts.db.reading() as session:
        rows = session.scalars(newest.where(BulkAct.id < before) if before else newest).all()
    onward = rows[-1].id if len(rows) == SHOWN else None
    return answer(ActPage(acts=[StoredAct.model_validate(one) for one in rows], next=onward))


@router.post("", status_code=202, response_model=StoredAct)
def begin_act(edge: Here, caller: Editor, body: ActBody) -> JSONResponse:
    """Begin an act; a worker does it, and `GET` tells how far it has come."""
    with refusing():
        wanted = _wanted(edge, caller, body)
    made = bulk_acts.begin(edge.parts, caller.site_id, wanted, caller.actor, edge.clock())
    return _stored(edge, caller, made, HTTPStatus.ACCEPTED)


@router.get("/{act}", response_model=StoredAct)
def get_act(edge: Here, caller: Onlooker, act: BigId) -> JSONResponse:
    """How far it has come."""
    return _stored(edge, caller, act)


@router.post("/{act}/undo", status_code=202, response_model=StoredAct)
def undo_act(edge: Here, caller: Editor, act: BigId) -> JSONResponse:
    """Take back exactly what it changed; 409 for one that runs, or is undone."""
    if not bulk_acts.take_back(edge.parts, caller.site_id, act, caller.actor, edge.clock()):
        _stored(edge, caller, act)
        raise out_of_turn()
    return _stored(edge, caller, act, HTTPStatus.ACCEPTED)


def _wanted(edge: Edge, caller: Caller, body: ActBody) -> Wanted:
    with edge.parts.db.writing() as session:
        # The search first: a wrong one must not leave a new tag behind.
        search = search_of(session, caller.site_id, body.search or Filter())
        named = {ActKind.UNSUBSCRIBE: body.topic, ActKind.SUPPRESS: body.reason}.get(body.kind, body.tag)
        try:
            about, words = bulk_acts.about(session, caller.site_id, body.kind, named, edge.clock())
        except LookupError:
            raise wrong(*_UNKNOWN[body.kind]) from None
    return Wanted(body.kind, about, words, body.ids, search)


def _stored(edge: Edge, caller: Caller, act: int, status: int = HTTPStatus.OK) -> JSONResponse:
    with edge.parts.db.reading() as session:
        row = session.get(BulkAct, act)
        if row is None or row.site_id != caller.site_id:
            raise missing()
        return answer(StoredAct.model_validate(row), status)
