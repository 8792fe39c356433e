"""Lists of readers at the desk: brought, mapped, tried, taken in, and what stayed out."""

from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import select
from starlette.responses import RedirectResponse, StreamingResponse

from notifier import exports, imports, subscribers
from notifier.domain.desk_words import ImportState
from notifier.domain.importing import formats
from notifier.domain.importing.formats import Field
from notifier.domain.importing.plan import SILENT, Plan
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.words import Frequency
from notifier.imports.acts import PlanError
from notifier.models import Import, Site
from notifier.sources.lists import Head, ListError
from notifier.web.desk.gate import PREFIX, Editor, Entered, scene
from notifier.web.desk.place import path, site_of
from notifier.web.desk.uploads import Sent, Uploader
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.look import PLAIN_HEADERS
from notifier.web.problems import Problem
from notifier.web.wire import UPLOAD_BYTES_MAX, Typed

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/imports", include_in_schema=False)
SHOWN: Final = 50
FAULTS_SHOWN: Final = 20
BLOCK: Final = 1 << 18
_CHARSETS: Final = {"cp1256": "Windows-1256", "cp1252": "Windows-1252", "utf-8-sig": "UTF-8"}
_BUSY: Final = {ImportState.CHECKING, ImportState.IMPORTING}


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Editor, site: str) -> Response:
    """The form for a file, and the imports so far."""
    return _all(edge, entered, site)


@router.post("")
def upload(edge: Here, entered: Uploader, file: Sent, site: str) -> Response:
    """Keep a file and look into it."""
    site_row = site_of(edge, site)
    if file is None:
        return _all(edge, entered, site, "no_file")
    blocks = iter(lambda: file.file.read(BLOCK), b"")
    brought = imports.Upload(file.filename or "", blocks, UPLOAD_BYTES_MAX)
    try:
        number = imports.keep(edge.parts, site_row.id, brought, entered.seat.actor, edge.clock())
        imports.look(edge.parts, number)
    except ListError as fault:
        return _all(edge, entered, site, f"list_{fault.key}")
    return RedirectResponse(path(site, f"/imports/{number}"), HTTPStatus.SEE_OTHER)


@router.api_route("/{number}", methods=LOOKING)
def one(edge: Here, entered: Editor, site: str, number: int, edit: str = "") -> Response:
    """What its columns mean; or how the dry run or the import goes, or went."""
    row = _row(edge, site_of(edge, site), number)
    if row.state is ImportState.DRAFT or (edit and row.state is ImportState.CHECKED):
        return _mapping(edge, entered, site, row, Typed(()))
    with edge.parts.db.reading() as session:
        faults = list(islice(imports.rejected(session, row.id, FAULTS_SHOWN), FAULTS_SHOWN))
    here = scene(edge, entered, "subscribers", site)
    percent = 100 * row.done_bytes // row.size if row.size else 0
    plan = Plan.of(row.plan)
    return edge.desk.page(
        "import", here, row=row, plan=plan, faults=faults, bad=exports.bad(row), percent=percent,
        runs=row.state in _BUSY,
    )  # fmt: skip


@router.post("/{number}/plan")
def decide(edge: Here, entered: Editor, site: str, number: int, form: Form) -> Response:
    """Keep what was decided about the columns, and try."""
    there = site_of(edge, site)
    row = _row(edge, there, number)
    if row.state not in {ImportState.DRAFT, ImportState.CHECKED}:
        return RedirectResponse(path(site, f"/imports/{number}"), HTTPStatus.SEE_OTHER)
    head = imports.look(edge.parts, number)
    try:
        with edge.parts.db.writing() as session:
            imports.plan(session, session.get_one(Import, number), _plan(edge, there, head, form))
    except PlanError as fault:
        return _mapping(edge, entered, site, row, form, fault.key)
    imports.check(edge.parts, number, entered.seat.actor, edge.clock())
    return RedirectResponse(path(site, f"/imports/{number}"), HTTPStatus.SEE_OTHER)


@router.post("/{number}/start")
def start(edge: Here, entered: Editor, site: str, number: int) -> Response:
    """Take it in for good."""
    row = _row(edge, site_of(edge, site), number)
    if row.state is ImportState.CHECKED:
        imports.start(edge.parts, number, entered.seat.actor, edge.clock())
    return RedirectResponse(path(site, f"/imports/{number}"), HTTPStatus.SEE_OTHER)


@router.post("/{number}/discard")
def discard(edge: Here, entered: Editor, site: str, number: int) -> Response:
    """Throw it away before it has begun."""
    _row(edge, site_of(edge, site), number)
    imports.discard(edge.parts, number, entered.seat.actor, edge.clock())
    return RedirectResponse(path(site, "/imports"), HTTPStatus.SEE_OTHER)


@router.api_route("/{number}/rejected.csv", methods=LOOKING)
def rejected(edge: Here, entered: Editor, site: str, number: int) -> Response:
    """The rows that stayed out, to put right and bring again."""
    del entered
    _row(edge, site_of(edge, site), number)
    headers = {**PLAIN_HEADERS, "Content-Disposition": f'attachment; filename="rejected-{number}.csv"'}
    texts = exports.faults_as_csv(edge.parts, number)
    return StreamingResponse(texts, media_type="text/csv; charset=utf-8", headers=headers)


def _row(edge: Edge, site: Site, number: int) -> Import:
    with edge.parts.db.reading() as session:
        row = session.get(Import, number)
    if row is None or row.site_id != site.id:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return row


def _all(edge: Edge, entered: Entered, slug: str, error: str = "") -> Response:
    here, site_id = scene(edge, entered, "subscribers", slug), site_of(edge, slug).id
    with edge.parts.db.reading() as session:
        latest = select(Import).where(Import.site_id == site_id).order_by(Import.id.desc()).limit(SHOWN)
        rows = session.scalars(latest).all()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    megabytes = UPLOAD_BYTES_MAX // 1_000_000
    return edge.desk.page("imports", here, status=status, rows=rows, error=error, megabytes=megabytes)


def _mapping(edge: Edge, entered: Entered, slug: str, row: Import, form: Typed, error: str = "") -> Response:
    here = scene(edge, entered, "subscribers", slug)
    head = imports.look(edge.parts, row.id)
    found = formats.recognised(head.columns)
    kept: dict[str, Any] = row.plan if "columns" in row.plan else {}
    guessed = {at: field.value for field, at in formats.places(head.columns, found.columns).items()}
    chosen = {at: field for field, at in kept.get("columns", {}).items()} or guessed
    typed = {int(at): value for at, value in form.after("column_") if at.isdecimal()}
    with edge.parts.db.reading() as session:
        topics = subscribers.topics_of(session, row.site_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return edge.desk.page(
        "mapping", here, status=status, row=row, head=head, charset=_charset(head), format=found.name,
        is_silent=found.name in SILENT, chosen=typed or chosen,
        fields=list(Field), topics=topics, topics_on=form.many("topic") or kept.get("topics", ()),
        frequencies=list(Frequency), languages=list(LANGUAGES), kept=kept, typed=form, error=error,
    )  # fmt: skip


def _charset(head: Head) -> str:
    """As people call it."""
    return _CHARSETS.get(head.encoding, head.encoding.upper())


def _plan(edge: Edge, site: Site, head: Head, form: Typed) -> Plan:
    columns: dict[Field, int] = {}
    for at, value in form.after("column_"):
        if at.isdecimal() and int(at) < len(head.columns) and value in list(Field):
            columns.setdefault(Field(value), int(at))
    with edge.parts.db.reading() as session:
        offered = {name for _, name, _ in subscribers.topics_of(session, site.id)}
    plan = Plan(
        columns, form.one("basis").strip(), formats.recognised(head.columns).name,
        tuple(name for name in form.many("topic") if name in offered), asks=form.one("asks") == "yes",
        encoding=head.encoding, delimiter=head.delimiter, begin=head.begin, tag=form.one("tag").strip()[:100],
        is_confirmed=form.one("is_confirmed") == "yes",
    )  # fmt: skip
    language, frequency = form.one("language"), form.one("frequency")
    if language in LANGUAGES:
        plan = replace(plan, language=language)
    return replace(plan, frequency=Frequency(frequency)) if frequency in list(Frequency) else plan
