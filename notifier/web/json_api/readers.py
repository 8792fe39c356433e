"""Readers by the JSON API: found, looked at, added with the basis of their consent, put right, and taken away."""

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, StreamingResponse

from notifier import exports, subscribers
from notifier.consent.adding import NewReader
from notifier.consent.signup import SignUpForm
from notifier.desk import audit, searching
from notifier.desk.searching import Cut
from notifier.domain.desk_words import Permission
from notifier.readers import erase
from notifier.subscribers import Edit
from notifier.web.edge import Edge, Here
from notifier.web.fields import Address, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, BigId, answer, missing, refusing, wrong
from notifier.web.json_api.finding import search_of, topic_names
from notifier.web.json_api.reader_bodies import (
    Added,
    Because,
    EditBody,
    Listing,
    NewReaderBody,
    ProfileBody,
    ReaderBody,
    ReaderPage,
    SearchBody,
    Taken,
    TakenBody,
)
from notifier.web.keys import Caller, scoped
from notifier.web.look import PLAIN_HEADERS
from notifier.web.problems import DESK, Problem

Onlooker = Annotated[Caller, scoped(Permission.SUBSCRIBERS_READ)]
Editor = Annotated[Caller, scoped(Permission.SUBSCRIBERS_WRITE)]
Taker = Annotated[Caller, scoped(Permission.SUBSCRIBERS_EXPORT)]
router = APIRouter(prefix=f"{PREFIX}/subscribers", tags=["subscribers"], responses=REFUSALS)
_KINDS: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_STREAMS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {kind: {} for kind in _KINDS.values()}}}


class EraseBody(Strict):
    """Whom to forget: an address, in a body so that none stands in a log of URLs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"address": "layla@example.org"}]})

    address: Address


@router.get("", response_model=ReaderPage)
def list_readers(edge: Here, caller: Onlooker, query: Annotated[Listing, Query()]) -> JSONResponse:
    """Readers who fit, the newest first; `next` goes on."""
    return _page(edge, caller, query)


@router.post("/search", response_model=ReaderPage)
def search_readers(edge: Here, caller: Onlooker, body: SearchBody) -> JSONResponse:
    """The same with words to look for. It changes nothing: a POST, so that no address stands in a log of URLs."""
    return _page(edge, caller, body, body.words)


@router.get("/export", response_class=StreamingResponse, responses=_STREAMS)
def export_readers(edge: Here, caller: Taker, query: Annotated[Taken, Query()]) -> StreamingResponse:
    """All readers who fit, with addresses, subscriptions and consent, as they are read."""
    return _taken(edge, caller, query)


@router.post("/export", response_class=StreamingResponse, responses=_STREAMS)
def export_found_readers(edge: Here, caller: Taker, body: TakenBody) -> StreamingResponse:
    """The same with words to look for, in a body as in a search."""
    return _taken(edge, caller, body, body.words)


@router.post("", status_code=201, response_model=Added, responses={202: {"model": Added}})
def add_reader(edge: Here, caller: Editor, site: str, body: NewReaderBody) -> JSONResponse:
    """Add a reader, or topics to one: 201 with their consent in your hands, 202 when they are asked by letter."""
    by, now = caller.actor, edge.clock()
    with edge.parts.db.reading() as session:
        topics = topic_names(session, caller.site_id, body.topics)
    with refusing():
        if body.ask:
            form = SignUpForm(
                site, body.address, topics, body.frequency, body.language, name=body.name, source="api"
            )  # fmt: skip
            subscribers.ask(edge.parts, form, by, now)
            return answer(Added(id=None, asked=True), HTTPStatus.ACCEPTED)
        new = NewReader(body.address, topics, body.frequency, body.basis.strip(), body.name, body.language)
        added = subscribers.add(edge.parts, caller.site_id, new, by, now)
    if added is None:
        raise Problem(HTTPStatus.CONFLICT, f"{DESK}roll.is_suppressed", field="address")
    return answer(Added(id=added, asked=False), HTTPStatus.CREATED)


@router.post("/erase", status_code=204)
def erase_reader(edge: Here, caller: Editor, body: EraseBody) -> Response:
    """Forget the person of this address: only a suppression by hash is left of them. It cannot be undone."""
    with refusing():
        was_known = erase(edge.parts, caller.site_id, body.address, edge.clock(), caller.actor)
    if not was_known:
        raise missing()
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/{reader}", response_model=ProfileBody)
def get_reader(edge: Here, caller: Onlooker, reader: BigId) -> JSONResponse:
    """One reader with their consent history."""
    return _profile(edge, caller, reader)


@router.patch("/{reader}", response_model=ProfileBody)
def edit_reader(edge: Here, caller: Editor, reader: BigId, body: EditBody) -> JSONResponse:
    """Put a name, a language, a time zone or the tags right."""
    with edge.parts.db.reading() as session:
        row = _found(session, caller, reader).reader
    wanted = Edit(
        row.name if body.name is None else body.name, body.language or row.language,
        row.time_zone if body.time_zone is None else body.time_zone, body.tags,
    )  # fmt: skip
    try:
        with refusing():
            subscribers.edit(edge.parts, caller.site_id, reader, wanted, caller.actor, edge.clock())
    except ValueError:
        raise wrong("roll.zone_wrong", "time_zone") from None
    return _profile(edge, caller, reader)


@router.post("/{reader}/{act}", response_model=ProfileBody)
def act_on_reader(
    edge: Here, caller: Editor, reader: BigId, act: Literal["suppress", "lift", "unsubscribe"], body: Because
) -> JSONResponse:
    """Never write to them again, let them be written to again (with a reason), or end all that they get."""
    parts, of = edge.parts, (caller.site_id, reader)
    by, now = caller.actor, edge.clock()
    if act == "lift" and not body.reason.strip():
        raise wrong("roll.no_reason", "reason")
    with refusing():
        match act:
            case "suppress":
                subscribers.suppress(parts, *of, body.reason, by, now)
            case "lift":
                subscribers.lift(parts, *of, body.reason, by, now)
            case "unsubscribe":
                subscribers.unsubscribe(parts, *of, by, now)
    return _profile(edge, caller, reader)


def sees_addresses(caller: Caller) -> bool:
    """Whether the key reads addresses as they are, as editors and owners do."""
    return caller.may(Permission.SUBSCRIBERS_WRITE) or caller.may(Permission.SUBSCRIBERS_EXPORT)


def _taken(edge: Edge, caller: Caller, asked: Taken, words: str = "") -> StreamingResponse:
    site_id, now = caller.site_id, edge.clock()
    with edge.parts.db.writing() as session:
        search = searching.understood(session, site_id, search_of(session, site_id, asked, words), now)
        audit.note(session, caller.actor, "readers.exported", now, site_id=site_id)
    texts = (exports.as_csv if asked.format == "csv" else exports.as_json)(edge.parts, site_id, search, now)
    headers = {**PLAIN_HEADERS, "Content-Disposition": f'attachment; filename="subscribers.{asked.format}"'}
    return StreamingResponse(texts, media_type=_KINDS[asked.format], headers=headers)


def _page(edge: Edge, caller: Caller, asked: Listing, words: str = "") -> JSONResponse:
    is_open = sees_addresses(caller)
    with edge.parts.db.reading() as session:
        search = search_of(session, caller.site_id, asked, words, by_name=not is_open)
        found = searching.page(session, caller.site_id, search, edge.clock(), Cut(asked.before, asked.limit))
    rows = [ReaderBody.of(one, is_shut=one.id in found.suppressed, is_open=is_open) for one in found.readers]
    return answer(ReaderPage(readers=rows, next=found.onward or None))


def _profile(edge: Edge, caller: Caller, reader: int) -> JSONResponse:
    with edge.parts.db.reading() as session:
        return answer(ProfileBody.of_profile(_found(session, caller, reader), is_open=sees_addresses(caller)))


def _found(session: Session, caller: Caller, reader: int) -> subscribers.Profile:
    found = subscribers.profile(session, caller.site_id, reader)
    if found is None:
        raise missing()
    return found
