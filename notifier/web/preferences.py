"""The preference page: what a reader gets, how often, and when."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import own_data, readers
from notifier.consent.preferences import Preferences
from notifier.consent.signup import Invalid
from notifier.consent.undoing import Undo
from notifier.domain.words import Frequency
from notifier.web import offered, places
from notifier.web.doors import HOME, Door, by_letter, by_session, by_session_acting
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import PLAIN_HEADERS, Voice
from notifier.web.problems import Problem
from notifier.web.wire import Typed
from notifier.web.wishes import AS_SHOWN, FIELD, name_of, wish

router = APIRouter(include_in_schema=False)

PARTS: Final = frozenset(
    {"topics", "people", "threads", "answers", "pause", "when", "reading", "person", "stop", "mutes", "tracking"}
)
"""The parts of the page, each a form of its own: a save comes back to where the reader was."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the last act was, as the address of the page tells."""

    part: str
    what: str
    """`saved`, `undone`, `late` (an undo that came too late) or `asked` (a letter is on its way)."""
    undo: str = ""


@router.api_route("/p/{token}", methods=LOOKING)
def show(request: Request, edge: Here, token: str) -> Response:
    """The page behind a letter's link: everything but what only the person themselves may do."""
    return _page(request, edge, by_letter(edge, token))


@router.post("/p/{token}")
def change(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Keep a change whole, or say what is wrong with it."""
    return _change(request, edge, form, by_letter(edge, token))


@router.post("/p/{token}/undo")
def take_back(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Take back what was done a moment ago."""
    return _take_back(request, edge, form, by_letter(edge, token))


@router.api_route(HOME, methods=LOOKING)
def show_own(request: Request, edge: Here) -> Response:
    """The page of a session, with the person's own data."""
    return _page(request, edge, by_session(request, edge))


@router.post(HOME)
def change_own(request: Request, edge: Here, form: Form) -> Response:
    """The same change, for a form of this session."""
    return _change(request, edge, form, by_session_acting(request, edge, form))


@router.post(f"{HOME}/undo")
def take_back_own(request: Request, edge: Here, form: Form) -> Response:
    """The same undo."""
    return _take_back(request, edge, form, by_session_acting(request, edge, form))


@router.post("/p/{token}/unmute")
def unmute(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Undo one of the mutes that the page lists."""
    return _unmute(request, edge, form, by_letter(edge, token))


@router.post(f"{HOME}/unmute")
def unmute_own(request: Request, edge: Here, form: Form) -> Response:
    """The same, for a form of this session."""
    return _unmute(request, edge, form, by_session_acting(request, edge, form))


def back(door: Door, done: Done) -> Response:
    """To the page again, to the part where the reader was."""
    query = {"done": done.what, "part": done.part, **({"undo": done.undo} if done.undo else {})}
    where = f"{door.path}?{urlencode(query)}#{done.part or 'top'}"
    return RedirectResponse(where, HTTPStatus.SEE_OTHER, headers=PLAIN_HEADERS)


def found_for(edge: Edge, door: Door) -> Preferences:
    """What the person behind a door has. Raises Problem for who was erased."""
    found = readers.read_preferences(edge.parts, door.subscriber_id)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return found


def speaking(request: Request, edge: Edge, found: Preferences) -> Voice:
    """The page's voice: the reader's language, and their digits and calendar."""
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    spoken = found.spoken
    own = replace(face, digits=spoken.digits or face.digits, calendar=spoken.calendar or face.calendar)
    return voice(request, edge, own, spoken.language)


def _change(request: Request, edge: Edge, form: Typed, door: Door) -> Response:
    found, now, ip = found_for(edge, door), edge.clock(), edge.proxies.client_ip(request)
    part = form.one("part") if form.one("part") in PARTS else ""
    try:
        wanted = wish(form, found, edge.parts.renderer.languages)
        if door.is_own and form.many("name"):
            wanted = replace(wanted, name=name_of(form))
        undo = readers.change_preferences(edge.parts, door.subscriber_id, wanted, ip, now)
    except Invalid as refusal:
        return _page(request, edge, door, refusal, part)
    return back(door, Done(part, "saved", undo.token(edge.parts.signer) if undo else ""))


def _take_back(request: Request, edge: Edge, form: Typed, door: Door) -> Response:
    now, ip = edge.clock(), edge.proxies.client_ip(request)
    what = Undo.read(edge.parts.signer, form.one("undo"), now)
    is_theirs = what is not None and what.subscriber_id == door.subscriber_id
    is_undone = is_theirs and what is not None and readers.undo(edge.parts, what, ip, now)
    part = form.one("part") if form.one("part") in PARTS else ""
    return back(door, Done(part, "undone" if is_undone else "late"))


def _unmute(request: Request, edge: Edge, form: Typed, door: Door) -> Response:
    whats, ip = form.many("what"), edge.proxies.client_ip(request)
    readers.unmute(edge.parts, door.subscriber_id, whats, ip, edge.clock())
    return back(door, Done("mutes", "saved"))


def _page(request: Request, edge: Edge, door: Door, refusal: Invalid | None = None, part: str = "") -> Response:
    found, now = found_for(edge, door), edge.clock()
    speaks = speaking(request, edge, found)
    address, name = own_data.person(edge.parts, door.visitor) if door.visitor else ("", "")
    is_paused = found.paused_until is not None and found.paused_until > now
    return edge.look.page(
        "preferences",
        speaks,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        door=door,
        has=found,
        mutes=[
            (one, offered.day_of(one.until, found, speaks) if one.until else "")
            for one in readers.mutes_of(edge.parts, found.subscriber_id)
        ],
        address=address,
        own_name=name,
        field=FIELD,
        as_shown=AS_SHOWN,
        has_quiet_alerts=edge.parts.quiet.holds_alerts,
        frequencies=list(Frequency),
        zones=offered.zones(speaks.language, found.hours.time_zone),
        week=offered.week(found.spoken.language),
        languages=offered.languages(edge.parts.renderer.languages, found.spoken.language),
        digits=offered.digits(found.spoken.language),
        calendars=offered.calendars(found.spoken.language),
        keywords=offered.keywords(found.spoken),
        pauses=offered.pauses(found, speaks, now),
        paused=offered.day_of(found.paused_until, found, speaks) if is_paused and found.paused_until else "",
        done=Done("", "") if refusal else _done(request, edge),
        error=refusal,
        error_part=part,
    )


def _done(request: Request, edge: Edge) -> Done:
    asked = request.query_params
    what = asked.get("done", "") if asked.get("done") in {"saved", "undone", "late", "asked"} else ""
    part = asked.get("part", "") if asked.get("part") in PARTS else ""
    undo = asked.get("undo", "")
    return Done(part, what, undo if Undo.read(edge.parts.signer, undo, edge.clock()) else "")
