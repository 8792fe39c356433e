"""Lists of readers by the JSON API: brought as a file, mapped, tried, taken in, and what stayed out."""

from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, StreamingResponse

from notifier import exports, imports
from notifier.domain.desk_words import ImportState
from notifier.domain.importing import formats
from notifier.domain.importing.formats import Field as Column
from notifier.domain.importing.plan import Plan
from notifier.domain.topics import normalise
from notifier.models import Import
from notifier.sources.lists import Head, ListError
from notifier.web.edge import Edge, Here
from notifier.web.json_api.answering import (
    PREFIX,
    REFUSALS,
    Before,
    BigId,
    answer,
    missing,
    out_of_turn,
    refusing,
    voice_of,
    wrong,
)
from notifier.web.json_api.import_bodies import ImportPage, PlanBody, StoredImport, Told
from notifier.web.json_api.reader_bodies import Line
from notifier.web.json_api.readers import Editor
from notifier.web.keys import Caller
from notifier.web.look import PLAIN_HEADERS
from notifier.web.problems import Problem
from notifier.web.wire import UPLOAD_BYTES_MAX

router = APIRouter(prefix=f"{PREFIX}/imports", tags=["imports"], responses=REFUSALS)
SHOWN: Final = 50
BLOCK: Final = 1 << 18
IN_MEMORY: Final = 1 << 20
OPEN: Final = frozenset({ImportState.DRAFT, ImportState.CHECKED})
_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("text/csv", "application/octet-stream")
        },
    }
}


async def brought(request: Request, caller: Editor) -> AsyncIterator[SpooledTemporaryFile[bytes]]:
    """The body as a file: read once the key is known to be good, and never all of it in memory."""
    del caller
    with SpooledTemporaryFile(IN_MEMORY) as file:
        try:
            async for block in request.stream():
                await run_in_threadpool(file.write, block)
        except ClientDisconnect:
            raise Problem(HTTPStatus.BAD_REQUEST, "error_bad_request") from None
        file.seek(0)
        yield file


Brought = Annotated[SpooledTemporaryFile[bytes], Depends(brought)]


@router.get("", response_model=ImportPage)
def list_imports(request: Request, edge: Here, caller: Editor, before: Before = 0) -> JSONResponse:
    """The imports so far, the newest first."""
    newest = select(Import).where(Import.site_id == caller.site_id).order_by(Import.id.desc()).limit(SHOWN)
    with edge.parts.db.reading() as session:
        rows = session.scalars(newest.where(Import.id < before) if before else newest).all()
    onward, voice = rows[-1].id if len(rows) == SHOWN else None, voice_of(request, edge)
    return answer(ImportPage(imports=[StoredImport.of(one, voice) for one in rows], next=onward))


@router.post("", status_code=201, response_model=StoredImport, openapi_extra=_FILE)
def upload_list(
    request: Request,
    edge: Here,
    caller: Editor,
    file: Brought,
    name: Annotated[Line, Query(description="Of the file.")] = "list.csv",
) -> JSONResponse:
    """Bring a list, a CSV in any charset or another program's export, as the body; it tells its columns."""
    upload = imports.Upload(name, iter(lambda: file.read(BLOCK), b""), UPLOAD_BYTES_MAX)
    with refusing():
        number = imports.keep(edge.parts, caller.site_id, upload, caller.actor, edge.clock())
        try:
            imports.look(edge.parts, number)
        except ListError:
            imports.discard(edge.parts, number, caller.actor, edge.clock())
            raise
    return _stored(request, edge, _row(edge, caller, number), HTTPStatus.CREATED)


@router.get("/{number}", response_model=StoredImport)
def get_import(request: Request, edge: Here, caller: Editor, number: BigId) -> JSONResponse:
    """What its columns are, how far it has come, and what became of its rows."""
    return _stored(request, edge, _row(edge, caller, number))


@router.put("/{number}/plan", status_code=202, response_model=StoredImport)
def plan_import(request: Request, edge: Here, caller: Editor, number: BigId, body: PlanBody) -> JSONResponse:
    """Say what its columns mean and what the consent rests on, and try: a dry run, which brings nobody in."""
    if _row(edge, caller, number).state not in OPEN:
        raise out_of_turn()
    with refusing():
        head = imports.look(edge.parts, number)
        wanted = _plan(head, body)
        with edge.parts.db.writing() as session:
            imports.plan(session, session.get_one(Import, number), wanted)
    if not imports.check(edge.parts, number, caller.actor, edge.clock()):
        raise out_of_turn()
    return _stored(request, edge, _row(edge, caller, number), HTTPStatus.ACCEPTED)


@router.post("/{number}/start", status_code=202, response_model=StoredImport)
def start_import(request: Request, edge: Here, caller: Editor, number: BigId) -> JSONResponse:
    """Take it in for good, once it was tried."""
    is_checked = _row(edge, caller, number).state is ImportState.CHECKED
    if not is_checked or not imports.start(edge.parts, number, caller.actor, edge.clock()):
        raise out_of_turn()
    return _stored(request, edge, _row(edge, caller, number), HTTPStatus.ACCEPTED)


@router.delete("/{number}", status_code=204)
def discard_import(edge: Here, caller: Editor, number: BigId) -> Response:
    """Throw it away before it has begun."""
    _row(edge, caller, number)
    if not imports.discard(edge.parts, number, caller.actor, edge.clock()):
        raise out_of_turn()
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/{number}/rejected", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
def get_rejected(edge: Here, caller: Editor, number: BigId) -> StreamingResponse:
    """The rows that stayed out, as CSV: line, reason, and the row itself where it can be put right."""
    _row(edge, caller, number)
    texts = exports.faults_as_csv(edge.parts, number)
    return StreamingResponse(texts, media_type="text/csv; charset=utf-8", headers=PLAIN_HEADERS)


def _row(edge: Edge, caller: Caller, number: int) -> Import:
    with edge.parts.db.reading() as session:
        row = session.get(Import, number)
    if row is None or row.site_id != caller.site_id:
        raise missing()
    return row


def _stored(request: Request, edge: Edge, row: Import, status: int = HTTPStatus.OK) -> JSONResponse:
    voice = voice_of(request, edge)
    if row.state not in OPEN or row.is_local:
        return answer(StoredImport.of(row, voice), status)
    head = imports.look(edge.parts, row.id)
    found = formats.recognised(head.columns)
    guess = {field: head.columns[at] for field, at in formats.places(head.columns, found.columns).items()}
    return answer(StoredImport.of(row, voice, Told(found.name, list(head.columns), guess)), status)


def _plan(head: Head, body: PlanBody) -> Plan:
    """Raises Problem for a column that the list has not."""
    found = formats.recognised(head.columns)
    columns = formats.places(head.columns, found.columns)
    names = {formats.folded(name): at for at, name in enumerate(head.columns)}
    for field, name in body.columns.items():
        if formats.folded(name) not in names:
            raise wrong("error_choice", f"columns.{field}", expected=", ".join(head.columns)[:300])
        columns[Column(field)] = names[formats.folded(name)]
    words = {word.strip().casefold(): normalise(topic) or topic for word, topic in body.words.items()}
    plan = Plan(
        columns, body.basis.strip(), found.name, tuple(normalise(one) or one for one in body.topics), words,
        body.frequency, tag=body.tag, asks=body.ask, is_confirmed=body.confirmed, encoding=head.encoding,
        delimiter=head.delimiter, begin=head.begin,
    )  # fmt: skip
    return replace(plan, language=body.language)
