"""Acts on many readers: begun from the list, watched, and undone."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response
from sqlalchemy import select
from starlette.responses import RedirectResponse

from notifier import bulk_acts, subscribers
from notifier.bulk_acts import Wanted
from notifier.desk.searching import Search
from notifier.desk.tagging import tag_ids
from notifier.domain.desk_words import ActKind, ActState
from notifier.domain.importing.rows import TAG_MAX
from notifier.models import BulkAct
from notifier.web.desk.gate import PREFIX, Editor, scene
from notifier.web.desk.place import path, site_of
from notifier.web.desk.sought import typed
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem
from notifier.web.wire import Typed

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/acts", include_in_schema=False)
SHOWN: Final = 50


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Editor, site: str) -> Response:
    """The latest acts, with how far they have come."""
    here, site_id = scene(edge, entered, "subscribers", site), site_of(edge, site).id
    with edge.parts.db.reading() as session:
        latest = select(BulkAct).where(BulkAct.site_id == site_id).order_by(BulkAct.id.desc()).limit(SHOWN)
        acts = session.scalars(latest).all()
    runs = any(one.state in {ActState.DOING, ActState.UNDOING} for one in acts)
    return edge.desk.page("acts", here, acts=acts, runs=runs)


@router.post("")
def begin(edge: Here, entered: Editor, site: str, form: Form) -> Response:
    """Do something to those who are ticked, or to all whom the search finds."""
    site_id = site_of(edge, site).id
    wanted = _wanted(edge, site_id, form)
    if wanted is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "error_bad_request")
    bulk_acts.begin(edge.parts, site_id, wanted, entered.seat.actor, edge.clock())
    return RedirectResponse(path(site, "/acts"), HTTPStatus.SEE_OTHER)


@router.post("/{act}/undo")
def undo(edge: Here, entered: Editor, site: str, act: int) -> Response:
    """Take an act back."""
    if not bulk_acts.take_back(edge.parts, site_of(edge, site).id, act, entered.seat.actor, edge.clock()):
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return RedirectResponse(path(site, "/acts"), HTTPStatus.SEE_OTHER)


def _wanted(edge: Edge, site_id: int, form: Typed) -> Wanted | None:
    """What the form asks for; None for what cannot be: nobody ticked, no tag, no such topic."""
    ids = tuple(int(one) for one in form.many("reader") if one.isascii() and one.isdecimal() and len(one) < 18)  # noqa: PLR2004 - what a column holds
    is_all = form.one("whom") == "all"
    kind = next((one for one in ActKind if one.value == form.one("kind")), None)
    if kind is None or not (is_all or ids):
        return None
    found = _about(edge, site_id, kind, form)
    if found is None:
        return None
    search = Search.of(typed(form))
    return Wanted(kind, *found, ids=() if is_all else ids, search=search)


def _about(edge: Edge, site_id: int, kind: ActKind, form: Typed) -> tuple[int, str] | None:
    name = " ".join(form.one("tag_name").split())[:TAG_MAX]
    match kind:
        case ActKind.SUPPRESS:
            return 0, form.one("reason").strip()[:40] or "asked"
        case ActKind.TAG if name:
            with edge.parts.db.writing() as session:
                number = tag_ids(session, site_id, [name], edge.clock()).get(name)
            return (number, name) if number else None
        case ActKind.UNTAG:
            with edge.parts.db.reading() as session:
                number = next((number for number, known in subscribers.tags(session, site_id) if known == name), 0)
            return (number, name) if number else None
        case ActKind.UNSUBSCRIBE:
            with edge.parts.db.reading() as session:
                topics = subscribers.topics_of(session, site_id)
            return next(((number, label) for number, _, label in topics if str(number) == form.one("act_topic")), None)
    return None
