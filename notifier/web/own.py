"""What only a session opens: the letters so far, everything to take along, another address, being forgotten."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from notifier import own_data, sign_in
from notifier.consent.own import PAGE, PastLetter
from notifier.consent.signing_in import Visitor
from notifier.consent.signup import Invalid
from notifier.domain.text.dates import Dates
from notifier.web import own_mail
from notifier.web.doors import HOME, Door, by_session, by_session_acting, let_out
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.look import PLAIN_HEADERS, Voice
from notifier.web.preferences import Done, back, found_for, speaking
from notifier.web.problems import Problem

router = APIRouter(include_in_schema=False)

_ID_DIGITS: Final = 18


@router.api_route(f"{HOME}/history", methods=LOOKING)
def history(request: Request, edge: Here) -> Response:
    """The letters, the newest first; `?before=` goes on with older ones."""
    door, visitor = _own(request, edge)
    raw = request.query_params.get("before", "")
    before = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= _ID_DIGITS else 0
    some = own_data.history(edge.parts, visitor, before)
    found = found_for(edge, door)
    speaks = speaking(request, edge, found)
    dates = _dates(speaks, found.hours.time_zone)
    return edge.look.page(
        "history",
        speaks,
        door=door,
        letters=[(one, dates.long(one.at), dates.time(one.at)) for one in some],
        why=_why,
        older=some[-1].id if len(some) == PAGE else 0,
        is_first=not before,
    )


@router.api_route(f"{HOME}/export", methods=LOOKING)
def export(request: Request, edge: Here) -> Response:
    """Everything as a file."""
    door, visitor = _own(request, edge)
    headers = {**PLAIN_HEADERS, "Content-Disposition": 'attachment; filename="notifier-export.json"'}
    if request.method == "HEAD":
        return Response(media_type="application/json", headers=headers)
    found = found_for(edge, door)
    speaks = speaking(request, edge, found)
    dates = _dates(speaks, found.hours.time_zone)
    written = own_data.export(
        edge.parts, visitor, lambda facts: own_mail.told(facts, edge.look.sentences, speaks, dates)
    )
    return StreamingResponse(written, media_type="application/json", headers=headers)


@router.api_route(f"{HOME}/address", methods=LOOKING)
def show_address(request: Request, edge: Here) -> Response:
    """The form for another address."""
    door, _ = _own(request, edge)
    return _address(request, edge, door)


@router.post(f"{HOME}/address")
def change_address(request: Request, edge: Here, form: Form) -> Response:
    """Ask the new address; the answer is the same whatever is known of it."""
    door = by_session_acting(request, edge, form)
    now, ip = edge.clock(), edge.proxies.client_ip(request)
    if not edge.sign_in_limit.allows(ip, now):
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers={"Retry-After": "3600"})
    try:
        own_data.ask_to_move(edge.parts, _visitor(door), form.one("address"), ip, now)
    except Invalid as refusal:
        return _address(request, edge, door, refusal, form.one("address"))
    except LookupError:
        raise Problem(HTTPStatus.UNAUTHORIZED, "error_session") from None
    return back(door, Done("person", "asked"))


@router.api_route(f"{HOME}/erase", methods=LOOKING)
def ask_erasure(request: Request, edge: Here) -> Response:
    """What it means, and a button."""
    door, _ = _own(request, edge)
    return edge.look.page("erase", speaking(request, edge, found_for(edge, door)), door=door)


@router.post(f"{HOME}/erase")
def erase(request: Request, edge: Here, form: Form) -> Response:
    """Forget the person. This alone cannot be undone."""
    door = by_session_acting(request, edge, form)
    speaks = speaking(request, edge, found_for(edge, door))
    own_data.erase(edge.parts, _visitor(door), edge.clock())
    answer = edge.look.page("erased", speaks)
    let_out(edge, answer)
    return answer


@router.post(f"{HOME}/leave")
def leave(request: Request, edge: Here, form: Form) -> Response:
    """Sign out, in every browser."""
    door = by_session_acting(request, edge, form)
    speaks = speaking(request, edge, found_for(edge, door))
    sign_in.leave(edge.parts, _visitor(door))
    slug = speaks.face.slug if speaks.face else ""
    answer = RedirectResponse(f"/{slug}/sign-in?lang={speaks.language}", HTTPStatus.SEE_OTHER, headers=PLAIN_HEADERS)
    let_out(edge, answer)
    return answer


def _own(request: Request, edge: Edge) -> tuple[Door, Visitor]:
    door = by_session(request, edge)
    return door, _visitor(door)


def _visitor(door: Door) -> Visitor:
    assert door.visitor, "the door of a session"  # noqa: S101 - for mypy
    return door.visitor


def _address(request: Request, edge: Edge, door: Door, refusal: Invalid | None = None, typed: str = "") -> Response:
    now_is, _ = own_data.person(edge.parts, _visitor(door))
    return edge.look.page(
        "address",
        speaking(request, edge, found_for(edge, door)),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        door=door,
        now_is=now_is,
        address=typed,
        error=refusal,
    )


def _dates(speaks: Voice, time_zone: str) -> Dates:
    assert speaks.face, "the page of a site"  # noqa: S101 - for mypy
    return Dates(speaks.language, speaks.face.digits, time_zone, speaks.face.calendar)


_PLAIN: Final = frozenset({"retracted", "unsubscribed", "muted", "paused", "suppressed", "too_old"})


def _why(one: PastLetter) -> str:
    """The key of why a letter did not go out; empty where there is nothing to explain."""
    if one.reason is None or one.state in {"queued", "sending", "sent"}:
        return ""
    return f"history_why_{one.reason if one.reason in _PLAIN else 'mail'}"
