"""An issue before it is sent, by the JSON API: its items in their order, its letter, what should be known of it."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.responses import JSONResponse

from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import Permission
from notifier.domain.issues import ITEMS_MAX, SUBJECTS_MAX, IssueRefused
from notifier.domain.outcome import Sent
from notifier.domain.text.strings import Voice
from notifier.domain.words import ItemState
from notifier.issues import checks, compose, reading, trials
from notifier.issues.checks import Finding, Level
from notifier.issues.letters import Look, Made, made
from notifier.issues.rows import Which
from notifier.models import Issue, IssueItem, Item
from notifier.stages.render import RenderFailed
from notifier.web.edge import Edge, Here
from notifier.web.fields import Address, Guid, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, Id, answer, missing, voice_of, wrong
from notifier.web.json_api.finding import article_ids
from notifier.web.json_api.reader_bodies import Language
from notifier.web.keys import Caller, scoped
from notifier.web.problems import DESK, Problem

Composer = Annotated[Caller, scoped(Permission.ISSUES_WRITE)]
Onlooker = Annotated[Caller, scoped(Permission.ISSUES_READ)]
router = APIRouter(prefix=f"{PREFIX}/issues/{{issue}}", tags=["issues"], responses=REFUSALS)
Subject = Annotated[int, Query(ge=0, lt=SUBJECTS_MAX, description="The place of a subject among its own, from 0.")]


class ItemsBody(Strict):
    """The articles it shows, by guid in the order of the letter, and those of them that stay at the top."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": ["164", "171"], "pinned": ["171"]}]})

    items: Annotated[tuple[Guid, ...], Field(max_length=ITEMS_MAX)]
    pinned: Annotated[tuple[Guid, ...], Field(max_length=ITEMS_MAX)] = ()


class ShownItem(BaseModel):
    """An article of an issue."""

    guid: str
    title: str
    is_pinned: bool
    is_live: bool
    """False for one that was taken back: the letter leaves it out."""


class PreviewBody(BaseModel):
    """The letter as it would be sent now."""

    subject: str
    html: str
    text: str
    bytes: int
    """Of the HTML; Gmail shows no more than 102 KB."""


class FindingBody(BaseModel):
    """One thing that was looked at."""

    level: Level
    key: str
    said: str
    """In the caller's language."""
    detail: str

    @classmethod
    def of(cls, one: Finding, voice: Voice) -> "FindingBody":
        """A finding, in words."""
        said = voice.say(f"issues.check_{one.key}", **one.values)
        return cls(level=one.level, key=one.key, said=said, detail=one.detail)


class TestBody(Strict):
    """Where a test letter goes, and with which of its subjects."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"address": "editor@rafidain.example"}]})

    address: Address
    subject: Annotated[int, Field(ge=0, lt=SUBJECTS_MAX)] = 0


class Tested(BaseModel):
    """What became of a test letter."""

    is_sent: bool
    server_said: str


@router.get("/items", response_model=list[ShownItem])
def list_items(edge: Here, caller: Onlooker, issue: Id) -> JSONResponse:
    """Its articles in the order of the letter."""
    _issue(edge, caller, issue)
    return _items(edge, issue)


@router.put("/items", response_model=list[ShownItem])
def set_items(edge: Here, caller: Composer, issue: Id, body: ItemsBody) -> JSONResponse:
    """Show exactly these articles, in this order; 409 once it is on its way."""
    _issue(edge, caller, issue)
    with edge.parts.db.reading() as session:
        ids = article_ids(session, caller.site_id, body.items, "items")
        pinned = article_ids(session, caller.site_id, body.pinned, "pinned")
    _told(lambda: compose.set_items(edge.parts, _which(edge, caller, issue), ids, pinned))
    return _items(edge, issue)


@router.get("/preview", response_model=PreviewBody)
def preview_issue(
    edge: Here, caller: Onlooker, issue: Id, subject: Subject = 0, language: Language = ""
) -> JSONResponse:  # fmt: skip
    """Its letter as it would be sent now; `language` is of the frame around the editor's words."""
    found = _made(edge, _issue(edge, caller, issue), Look(subject, language))
    size = len(found.html.encode())
    return answer(PreviewBody(subject=found.subject, html=found.html, text=found.text, bytes=size))


@router.get("/checks", response_model=list[FindingBody])
def check_issue(request: Request, edge: Here, caller: Onlooker, issue: Id) -> JSONResponse:
    """What the letter itself tells, the worst first: its size, subjects, pictures, colours."""
    row = _issue(edge, caller, issue)
    return _findings(request, edge, _quick(edge, row, _made(edge, row, Look())))


@router.post("/checks", response_model=list[FindingBody])
def check_issue_thoroughly(request: Request, edge: Here, caller: Composer, issue: Id) -> JSONResponse:
    """The same, and whether its links answer and what SpamAssassin thinks: it takes seconds."""
    row = _issue(edge, caller, issue)
    found = _made(edge, row, Look())
    return _findings(request, edge, [*_quick(edge, row, found), *checks.thorough(edge.parts, found)])


@router.post("/test", response_model=Tested)
def send_test(edge: Here, caller: Composer, issue: Id, body: TestBody) -> JSONResponse:
    """Send its letter to one address, marked as a test and in no books; twenty an hour at most."""
    _issue(edge, caller, issue)
    try:
        outcome = _told(lambda: trials.send_to(edge.parts, _which(edge, caller, issue), body.address, body.subject))
    except AddressInvalid:
        raise wrong("invalid_address", "address") from None
    except (RenderFailed, ValueError):
        raise _unmade() from None
    return answer(Tested(is_sent=isinstance(outcome, Sent), server_said=outcome.reply))


def _issue(edge: Edge, caller: Caller, issue: int) -> Issue:
    with edge.parts.db.reading() as session:
        try:
            return reading.one(session, caller.site_id, issue)
        except LookupError:
            raise missing() from None


def _items(edge: Edge, issue: int) -> JSONResponse:
    rows = (
        select(Item.guid, Item.title, IssueItem.is_pinned, Item.state)
        .join(IssueItem, IssueItem.item_id == Item.id)
        .where(IssueItem.issue_id == issue)
        .order_by(IssueItem.is_pinned.desc(), IssueItem.position, IssueItem.item_id)
    )
    with edge.parts.db.reading() as session:
        shown = [
            ShownItem(guid=guid, title=title, is_pinned=is_pinned, is_live=state is ItemState.LIVE)
            for guid, title, is_pinned, state in session.execute(rows)
        ]
    return answer(shown)


def _made(edge: Edge, row: Issue, look: Look) -> Made:
    try:
        return made(edge.parts, row, look, edge.clock())
    except (RenderFailed, ValueError):
        raise _unmade() from None


def _quick(edge: Edge, row: Issue, found: Made) -> list[Finding]:
    with edge.parts.db.reading() as session:
        items = reading.items(session, row.id)
    return checks.quick(row, items, found)


def _findings(request: Request, edge: Edge, found: Iterable[Finding]) -> JSONResponse:
    voice, order = voice_of(request, edge), list(Level)
    worst_first = sorted(found, key=lambda one: -order.index(one.level))
    return answer([FindingBody.of(one, voice) for one in worst_first])


def _told(act: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the act gives
    try:
        return act()
    except IssueRefused as refusal:
        status = HTTPStatus.CONFLICT if refusal.key in {"closed", "trials_many"} else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Problem(status, f"{DESK}issues.refused_{refusal.key}", field=refusal.field) from None


def _unmade() -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{DESK}issues.refused_unmade", field="intro")


def _which(edge: Edge, caller: Caller, issue: int) -> Which:
    return Which(caller.site_id, issue, caller.actor, edge.clock())
