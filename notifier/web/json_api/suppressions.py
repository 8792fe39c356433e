"""Whom the site does not write to, by the JSON API: by address, domain or hash; looked up, added, lifted, brought."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from notifier import suppressions
from notifier.models import Suppression
from notifier.sources.barred import Barred
from notifier.suppressions import LIFTED_MAX, REASON_MAX
from notifier.web.desk.csv_file import csv_file
from notifier.web.edge import Here
from notifier.web.fields import CLEAN, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, Before, answer, missing, refusing
from notifier.web.json_api.readers import Editor, Onlooker, Taker

router = APIRouter(prefix=f"{PREFIX}/suppressions", tags=["suppressions"], responses=REFUSALS)
BROUGHT_MAX: Final = 5000
Who = Annotated[str, StringConstraints(min_length=1, max_length=320), CLEAN]
"""An address, `@example.org` for a domain, or a hash."""
Reason = Annotated[str, StringConstraints(max_length=REASON_MAX), CLEAN]


class WhoBody(Strict):
    """An address, `@example.org` for a domain, or a hash."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"who": "layla@example.org"}, {"who": "@example.org"}]})

    who: Who


class BarBody(WhoBody):
    """Whom never to write to again, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"who": "@example.org", "reason": "asked by phone"}]})

    reason: Reason = ""


class LiftBody(WhoBody):
    """Whom to write to again once they ask, and why; it is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"who": "layla@example.org", "reason": "she asked"}]})

    reason: Annotated[str, StringConstraints(min_length=1, max_length=LIFTED_MAX), CLEAN]


class BringBody(Strict):
    """A list; a hash counts as one of this site, for another's are other ones."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rows": [{"who": "@spam.example"}, {"who": "layla@example.org"}]}]}
    )

    rows: Annotated[tuple[BarBody, ...], Field(min_length=1, max_length=BROUGHT_MAX)]
    reason: Reason = "imported"
    """For rows that tell none."""


class BarredBody(BaseModel):
    """A suppression that is in force: of an address its hash alone is kept."""

    id: int
    who: str
    """`@example.org`, or the hash."""
    reason: str
    source: str
    at: datetime

    @classmethod
    def of(cls, row: Suppression) -> Self:
        """A row."""
        return cls(id=row.id, who=suppressions.name_of(row), reason=row.reason, source=row.source, at=row.at)


class BarredPage(BaseModel):
    """A page of suppressions."""

    suppressions: list[BarredBody]
    next: int | None


class KnownBody(BaseModel):
    """What is known of an address or a domain."""

    is_suppressed: bool
    suppression: BarredBody | None
    """As it was last; it may have been lifted since."""
    lifted_at: datetime | None
    score: float
    """What refusals and bounces have added up to; not suppressed by itself yet."""
    reader: int | None


class Brought(BaseModel):
    """What became of a list."""

    added: int
    wrong: int
    """Rows that are neither an address nor a domain nor a hash."""


@router.get("", response_model=BarredPage)
def list_suppressions(
    edge: Here, caller: Onlooker, before: Before = 0,
    only: Annotated[Literal["", "domains"], Query(description="`domains`: whole domains alone.")] = "",
) -> JSONResponse:  # fmt: skip
    """Those in force, the newest first."""
    with edge.parts.db.reading() as session:
        rows = suppressions.page(session, caller.site_id, before, domains_only=bool(only))
    onward = rows[-1].id if len(rows) == suppressions.PAGE else None
    return answer(BarredPage(suppressions=[BarredBody.of(one) for one in rows], next=onward))


@router.post("/search", response_model=KnownBody)
def search_suppression(edge: Here, caller: Onlooker, body: WhoBody) -> JSONResponse:
    """Whether something is written there: a POST, so that no address stands in a log of URLs. It changes nothing."""
    with edge.parts.db.reading() as session, refusing():
        found = suppressions.about(session, caller.site_id, body.who)
    row = found.suppression
    return answer(
        KnownBody(
            is_suppressed=found.is_suppressed, suppression=BarredBody.of(row) if row else None,
            lifted_at=row.lifted_at if row else None, score=found.held.score, reader=found.reader_id or None,
        )
    )  # fmt: skip


@router.get("/export", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def export_suppressions(edge: Here, caller: Taker, site: str) -> Response:
    """All of them as CSV, which an import takes again; that they were taken along is noted."""
    with edge.parts.db.writing() as session:
        suppressions.note_export(session, caller.site_id, caller.actor, edge.clock())
    rows = (
        (suppressions.name_of(one), one.reason, one.source, one.at)
        for one in suppressions.every(edge.parts, caller.site_id)
    )
    return csv_file(f"{site}-suppressions", ("who", "reason", "source", "since"), rows)


@router.post("", status_code=201, response_model=KnownBody, responses={200: {"model": KnownBody}})
def add_suppression(edge: Here, caller: Editor, body: BarBody) -> JSONResponse:
    """Never write there again: 201, or 200 where that was so already."""
    with refusing():
        is_new = suppressions.add(edge.parts, caller.site_id, body.who, body.reason, caller.actor, edge.clock())
    told = search_suppression(edge, caller, WhoBody(who=body.who))
    told.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return told


@router.post("/lift", response_model=KnownBody)
def lift_suppression(edge: Here, caller: Editor, body: LiftBody) -> JSONResponse:
    """Let it be written to again, once it asks; 404 for what is not suppressed."""
    with refusing():
        if not suppressions.lift(edge.parts, caller.site_id, body.who, body.reason, caller.actor, edge.clock()):
            raise missing()
    return search_suppression(edge, caller, WhoBody(who=body.who))


@router.post("/import", response_model=Brought)
def bring_suppressions(edge: Here, caller: Editor, body: BringBody) -> JSONResponse:
    """Suppress all that a list names; twice is as once."""
    rows = (Barred(one.who, one.reason) for one in body.rows)
    done = suppressions.bring(edge.parts, caller.site_id, rows, body.reason, caller.actor, edge.clock())
    return answer(Brought(added=done.added, wrong=done.wrong))
