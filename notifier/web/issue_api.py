"""Issues by the JSON API: the same acts as at the desk, for programs with a key."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from sqlalchemy import select
from starlette.responses import JSONResponse

from notifier.domain.desk_words import Permission
from notifier.domain.issues import Audience, IssueRefused
from notifier.domain.words import ItemKind
from notifier.issues import compose, reading, sending
from notifier.issues.rows import Which
from notifier.models import Issue, Item
from notifier.web.bodies import Refusal
from notifier.web.edge import Edge, Here
from notifier.web.issue_bodies import IssueBody, Progress, StoredIssue, WhenBody, WinnerBody
from notifier.web.json_api.answering import ID_MAX, Before, Id
from notifier.web.keys import Caller, scoped
from notifier.web.problems import DESK, Problem

Composer = Annotated[Caller, scoped(Permission.ISSUES_WRITE)]
Onlooker = Annotated[Caller, scoped(Permission.ISSUES_READ)]
Act = Literal["unschedule", "pause", "resume", "cancel", "resend", "duplicate"]
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal} for status in (400, 401, 403, 404, 409, 413, 422)
}
router = APIRouter(prefix="/api/v1/sites/{site}/issues", tags=["issues"], responses=REFUSALS)
_OUT_OF_TURN = frozenset({"closed", "state", "winner_late", "unschedule_first"})


@router.get("", response_model=list[StoredIssue])
def list_issues(edge: Here, caller: Onlooker, before: Before = 0) -> JSONResponse:
    """The issues, the newest first, fifty at once; `before` goes on below an id."""
    with edge.parts.db.reading() as session:
        rows = reading.listed(session, caller.site_id, min(before, ID_MAX))
        items = reading.guids(session, [one.id for one in rows])
    return _answer([StoredIssue.of(one, items.get(one.id, [])) for one in rows])


@router.post("", status_code=201, response_model=StoredIssue)
def create_issue(edge: Here, caller: Composer, body: IssueBody) -> JSONResponse:
    """A new draft."""

    def create() -> JSONResponse:
        words, items = body.composed(), _item_ids(edge, caller, body.items)
        made = compose.begin(edge.parts, caller.site_id, words, caller.actor, edge.clock())
        if items:
            compose.add_items(edge.parts, _which(edge, caller, made), items)
        return _stored(edge, caller, made, HTTPStatus.CREATED)

    return _or_refusal(create)


@router.get("/{issue}", response_model=StoredIssue)
def get_issue(edge: Here, caller: Onlooker, issue: Id) -> JSONResponse:
    """An issue as it is kept."""
    return _stored(edge, caller, issue)


@router.put("/{issue}", response_model=StoredIssue)
def put_issue(edge: Here, caller: Composer, issue: Id, body: IssueBody) -> JSONResponse:
    """Write a draft, or one that is scheduled, anew, its items included: all of it, or nothing where it is refused."""

    def change() -> JSONResponse:
        items = _item_ids(edge, caller, body.items)
        compose.rewrite(edge.parts, _which(edge, caller, issue), body.composed(), items)
        return _stored(edge, caller, issue)

    return _or_refusal(change)


@router.post("/{issue}/schedule", response_model=StoredIssue)
def schedule_issue(edge: Here, caller: Composer, issue: Id, body: WhenBody) -> JSONResponse:
    """Let it go out: now, at a moment, or by each reader's clock."""

    def schedule() -> JSONResponse:
        sending.schedule(edge.parts, _which(edge, caller, issue), body.when())
        return _stored(edge, caller, issue)

    return _or_refusal(schedule)


@router.post("/{issue}/winner", response_model=StoredIssue)
def choose_winner(edge: Here, caller: Composer, issue: Id, body: WinnerBody) -> JSONResponse:
    """Say which subject all others get."""

    def choose() -> JSONResponse:
        sending.choose_winner(edge.parts, _which(edge, caller, issue), body.subject)
        return _stored(edge, caller, issue)

    return _or_refusal(choose)


@router.post("/{issue}/{act}", response_model=StoredIssue)
def act_on_issue(edge: Here, caller: Composer, issue: Id, act: Act) -> JSONResponse:
    """Take it off the calendar, pause, go on, cancel, try again what failed, or copy it (and give the copy)."""
    of = _which(edge, caller, issue)
    acts: dict[str, Callable[[], object]] = {
        "unschedule": lambda: sending.unschedule(edge.parts, of),
        "pause": lambda: sending.pause(edge.parts, of),
        "resume": lambda: sending.resume(edge.parts, of),
        "cancel": lambda: sending.cancel(edge.parts, of),
        "resend": lambda: sending.resend(edge.parts, of),
        "duplicate": lambda: compose.duplicate(edge.parts, of),
    }

    def done() -> JSONResponse:
        made = acts[act]()
        return _stored(edge, caller, int(str(made)) if act == "duplicate" else issue)

    return _or_refusal(done)


@router.get("/{issue}/progress", response_model=Progress)
def get_progress(edge: Here, caller: Onlooker, issue: Id) -> JSONResponse:
    """How far it has come."""
    row = _row(edge, caller, issue)
    with edge.parts.db.reading() as session:
        return _answer(Progress.of(row.state, reading.page(session, issue)))


@router.get("/{issue}/count", response_model=dict[str, int])
def count_readers(edge: Here, caller: Onlooker, issue: Id) -> JSONResponse:
    """How many readers it would reach now."""
    row = _row(edge, caller, issue)
    with edge.parts.db.reading() as session:
        reached = reading.count(session, caller.site_id, Audience.stored(row.audience), edge.clock())
    return _answer({"readers": reached})


def _or_refusal(act: Callable[[], JSONResponse]) -> JSONResponse:
    try:
        return act()
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    except IssueRefused as refusal:
        status = HTTPStatus.CONFLICT if refusal.key in _OUT_OF_TURN else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Problem(status, f"{DESK}issues.refused_{refusal.key}", field=refusal.field) from None


def _row(edge: Edge, caller: Caller, issue: int) -> Issue:
    with edge.parts.db.reading() as session:
        try:
            return reading.one(session, caller.site_id, issue)
        except LookupError:
            raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None


def _stored(edge: Edge, caller: Caller, issue: int, status: int = HTTPStatus.OK) -> JSONResponse:
    row = _row(edge, caller, issue)
    with edge.parts.db.reading() as session:
        items = reading.guids(session, [issue]).get(issue, [])
    return _answer(StoredIssue.of(row, items), status)


def _item_ids(edge: Edge, caller: Caller, guids: Sequence[str]) -> list[int]:
    """Raises Problem for a guid that is no article of the site."""
    ours = (Item.site_id == caller.site_id) & (Item.kind == ItemKind.ARTICLE) & Item.guid.in_(guids)
    with edge.parts.db.reading() as session:
        known = dict(session.execute(select(Item.guid, Item.id).where(ours)).all())
    if unknown := [one for one in guids if one not in known]:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unknown_item", field=f"items.{guids.index(unknown[0])}")
    return [known[one] for one in guids]


def _which(edge: Edge, caller: Caller, issue: int) -> Which:
    return Which(caller.site_id, issue, caller.actor, edge.clock())


def _answer(body: object, status: int = HTTPStatus.OK) -> JSONResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return JSONResponse(jsonable_encoder(body), status, headers=headers)
