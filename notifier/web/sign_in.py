"""The pages of a sign-in link: ask for one, use it."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import sign_in
from notifier.consent.signing_in import SignInLink
from notifier.consent.signup import Invalid
from notifier.web import places
from notifier.web.doors import HOME, by_letter, lapsed, let_in
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import PLAIN_HEADERS
from notifier.web.places import Place
from notifier.web.preferences import Done, back
from notifier.web.problems import Problem
from notifier.web.wire import is_clean

router = APIRouter(include_in_schema=False)


@router.api_route("/{site}/sign-in", methods=LOOKING)
def show(request: Request, edge: Here, site: str) -> Response:
    """The form: an address, and nothing else."""
    return _form(request, edge, _place(edge, site))


@router.post("/{site}/sign-in")
def ask(request: Request, edge: Here, form: Form, site: str) -> Response:
    """Note the wish; the answer is the same whatever is known of the address."""
    place = _place(edge, site)
    _count(request, edge, place)
    try:
        sign_in.ask(edge.parts, place.id, form.one("address"), edge.clock())
    except Invalid as refusal:
        return _form(request, edge, place, refusal, form.one("address"))
    return edge.look.page("sign_in_sent", voice(request, edge, place.face))


@router.post("/p/{token}/sign-in")
def ask_by_letter(request: Request, edge: Here, token: str) -> Response:
    """The same for the reader of a letter: the link goes to the address on file, whoever presses the button."""
    door = by_letter(edge, token)
    _count(request, edge, None)
    if not sign_in.ask_by_letter(edge.parts, token, edge.clock()):
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return back(door, Done("person", "asked"))


@router.api_route("/sign-in/{token}", methods=LOOKING)
def show_link(request: Request, edge: Here, token: str) -> Response:
    """A button: looking must not use the link up, for mail scanners look."""
    return _link(request, edge, sign_in.look(edge.parts, token, edge.clock()), token)


@router.post("/sign-in/{token}")
def use_link(request: Request, edge: Here, token: str) -> Response:
    """Use the link, and go to the page; one that was used or has expired explains itself."""
    now = edge.clock()
    found = sign_in.look(edge.parts, token, now)
    cookie = sign_in.enter(edge.parts, token, now)
    if cookie is None:
        return _link(request, edge, found, token)
    answer = RedirectResponse(HOME, HTTPStatus.SEE_OTHER, headers=PLAIN_HEADERS)
    let_in(edge, answer, cookie)
    return answer


@router.post("/sign-in/{token}/again")
def ask_by_old_link(request: Request, edge: Here, token: str) -> Response:
    """Send a new link to the address of one that opens nothing any more, and never say which it is."""
    found = sign_in.look(edge.parts, token, edge.clock())
    if found is None or not (found.is_used or found.is_expired):
        return _link(request, edge, found, token)
    with edge.parts.db.reading() as session:
        place = places.by_id(session, found.site_id)
    _count(request, edge, place)
    sign_in.ask_by_old_link(edge.parts, token, edge.clock())
    return edge.look.page("sign_in_sent", voice(request, edge, place.face, found.language))


@router.post(f"{HOME}/again")
def ask_by_old_session(request: Request, edge: Here, form: Form) -> Response:
    """The same for a browser whose session has run out."""
    was = lapsed(request, edge, form)
    with edge.parts.db.reading() as session:
        place = places.by_id(session, was.site_id)
    _count(request, edge, place)
    sign_in.ask_by_old_session(edge.parts, was, edge.clock())
    return edge.look.page("sign_in_sent", voice(request, edge, place.face, was.language))


def _place(edge: Edge, slug: str) -> Place:
    with edge.parts.db.reading() as session:
        place = places.by_slug(session, slug) if is_clean(slug) else None
    if place is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_site")
    return place


def _count(request: Request, edge: Edge, place: Place | None) -> None:
    if not edge.sign_in_limit.allows(edge.proxies.client_ip(request), edge.clock()):
        again = {"Retry-After": "3600"}
        face = place.face if place else None
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers=again, face=face)


def _form(request: Request, edge: Edge, place: Place, refusal: Invalid | None = None, address: str = "") -> Response:
    return edge.look.page(
        "sign_in",
        voice(request, edge, place.face),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        address=address,
        error=refusal,
    )


def _link(request: Request, edge: Edge, found: SignInLink | None, token: str) -> Response:
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    stage = "used" if found.is_used else "expired" if found.is_expired else "ask"
    return edge.look.page(
        "sign_in_link",
        voice(request, edge, face, found.language),
        status=HTTPStatus.OK if stage == "ask" else HTTPStatus.GONE,
        stage=stage,
        again=f"/sign-in/{token}/again",
    )
