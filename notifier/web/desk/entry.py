"""Coming in and leaving: login, second factor, invitation."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import staff
from notifier.desk import people
from notifier.desk.people import DeskError
from notifier.desk.sittings import Browser
from notifier.domain.tokens import token_hash
from notifier.web.desk.frame import Scene
from notifier.web.desk.gate import PREFIX, Halfway, give_cookie, take_cookie
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem
from notifier.web.wire import Typed

router = APIRouter(prefix=PREFIX, include_in_schema=False)

FOREIGN: Final = frozenset({"cross-site", "same-site"})


@router.api_route("/login", methods=LOOKING)
def ask(request: Request, edge: Here) -> Response:
    """The login form."""
    return _login_page(request, edge)


@router.post("/login")
def log_in(request: Request, edge: Here, form: Form) -> Response:
    """Sit down. The answer to a wrong password is that to an unknown address."""
    _refuse_foreign(request)
    now, address = edge.clock(), form.one("address")
    is_in_time = all(
        edge.login_limit.allows(who, now) for who in (edge.proxies.client_ip(request), token_hash(address.lower()))
    )
    if not is_in_time:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers={"Retry-After": "3600"})
    token = staff.log_in(edge.parts, address, form.one("password"), _browser(request, edge), now)
    if token is None:
        return _login_page(request, edge, form, "login_wrong")
    return give_cookie(edge, _see(_inside(form.one("next"))), token)


@router.api_route("/code", methods=LOOKING)
def ask_code(edge: Here, entered: Halfway) -> Response:
    """The form for the second factor."""
    if entered.seat.is_complete:
        return _see(PREFIX)
    return edge.desk.page("code", Scene(entered.seat.language, csrf=entered.csrf), error="")


@router.post("/code")
def give_code(edge: Here, entered: Halfway, form: Form) -> Response:
    """Complete the sitting; a code is tried a few times only."""
    now = edge.clock()
    if not edge.login_limit.allows(f"code:{entered.seat.user_id}", now):
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers={"Retry-After": "3600"})
    if staff.give_code(edge.parts, entered.seat, form.one("code"), now):
        return _see(PREFIX)
    here = Scene(entered.seat.language, csrf=entered.csrf)
    return edge.desk.page("code", here, status=HTTPStatus.UNPROCESSABLE_ENTITY, error="code_wrong")


@router.post("/logout")
def leave(edge: Here, entered: Halfway) -> Response:
    """End this sitting."""
    staff.leave(edge.parts, entered.seat, edge.clock())
    return take_cookie(edge, _see(f"{PREFIX}/login"))


@router.api_route("/welcome/{token}", methods=LOOKING)
def ask_password(request: Request, edge: Here, token: str) -> Response:
    """The form of an invitation; a link that was used or has expired says so."""
    return _welcome_page(request, edge, token)


@router.post("/welcome/{token}")
def accept(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Choose name and password, and sit down."""
    _refuse_foreign(request)
    try:
        made = staff.accept(
            edge.parts, token, form.one("name"), form.one("password"), _browser(request, edge), edge.clock()
        )
    except DeskError as refusal:
        return _welcome_page(request, edge, token, form, refusal.key)
    if made is None:
        return _welcome_page(request, edge, token)
    return give_cookie(edge, _see(f"{PREFIX}/me"), made)


def _login_page(request: Request, edge: Edge, form: Typed | None = None, error: str = "") -> Response:
    return edge.desk.page(
        "login",
        Scene(_language(request, edge)),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        address=form.one("address") if form else "",
        onward=_inside(form.one("next") if form else request.query_params.get("next", "")),
        error=error,
    )


def _welcome_page(request: Request, edge: Edge, token: str, form: Typed | None = None, error: str = "") -> Response:
    with edge.parts.db.reading() as session:
        user = people.invited(session, token, edge.clock())
    scene = Scene(user.language if user else _language(request, edge))
    if user is None:
        return edge.desk.page("welcome_over", scene, status=HTTPStatus.GONE)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    name = form.one("name") if form else user.name
    return edge.desk.page("welcome", scene, status=status, address=user.address, name=name, error=error)


def _refuse_foreign(request: Request) -> None:
    """Before a sitting there is no token to ask for: the browser itself says whose form it was (Fetch Metadata)."""
    origin = urlsplit(request.headers.get("origin", "")).netloc
    is_elsewhere = bool(origin) and origin != request.headers.get("host", "")
    if request.headers.get("sec-fetch-site", "") in FOREIGN or is_elsewhere:
        raise Problem(HTTPStatus.FORBIDDEN, "error_foreign_form")


def _inside(path: str) -> str:
    """A path of the desk to go on to, nothing else."""
    is_ours = path == PREFIX or path.startswith(f"{PREFIX}/")
    return path if is_ours and "\\" not in path and not path.startswith(f"{PREFIX}/logout") else PREFIX


def _browser(request: Request, edge: Edge) -> Browser:
    return Browser(edge.proxies.client_ip(request), request.headers.get("user-agent", ""))


def _language(request: Request, edge: Edge) -> str:
    sentences = edge.look.sentences
    asked = sentences.supported(request.query_params.get("lang"))
    return asked or sentences.accepted(request.headers.get("accept-language", ""))


def _see(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
