"""Coming in and leaving: login, second factor, invitation."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from notifier import staff
from notifier.desk import people
from notifier.desk.people import DeskError
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.tokens import token_hash
from notifier.web.desk.door import (
    Knock,
    browser_of,
    inside,
    language_of,
    login_page,
    refuse_foreign,
    refuse_haste,
    see,
    ways_in,
)
from notifier.web.desk.frame import Scene
from notifier.web.desk.gate import PREFIX, Halfway, give_cookie, take_cookie
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.wire import Typed

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.api_route("/login", methods=LOOKING)
def ask(request: Request, edge: Here) -> Response:
    """The login form."""
    return login_page(edge, language_of(request, edge), Knock(inside(request.query_params.get("next", ""))))


@router.post("/login")
def log_in(request: Request, edge: Here, form: Form) -> Response:
    """Sit down. The answer to a wrong password is that to an unknown address."""
    refuse_foreign(request)
    language, onward, address = language_of(request, edge), inside(form.one("next")), form.one("address")
    if edge.parts.settings.oidc_require:
        return login_page(edge, language, Knock(onward, error="sso.password_off", status=HTTPStatus.FORBIDDEN))
    refuse_haste(edge, edge.proxies.client_ip(request), token_hash(_whose(address)))
    token = staff.log_in(edge.parts, address, form.one("password"), browser_of(request, edge), edge.clock())
    if token is None:
        wrong = Knock(onward, address, "entry.login_wrong", HTTPStatus.UNPROCESSABLE_ENTITY)
        return login_page(edge, language, wrong)
    return give_cookie(edge, see(onward), token)


@router.api_route("/code", methods=LOOKING)
def ask_code(edge: Here, entered: Halfway) -> Response:
    """The form for the second factor."""
    if entered.seat.is_complete:
        return see(PREFIX)
    return edge.desk.page("code", Scene(entered.seat.language, csrf=entered.csrf), error="")


@router.post("/code")
def give_code(edge: Here, entered: Halfway, form: Form) -> Response:
    """Complete the sitting; a code is tried a few times only."""
    refuse_haste(edge, f"code:{entered.seat.user_id}")
    if staff.give_code(edge.parts, entered.seat, form.one("code"), edge.clock()):
        return see(PREFIX)
    here = Scene(entered.seat.language, csrf=entered.csrf)
    return edge.desk.page("code", here, status=HTTPStatus.UNPROCESSABLE_ENTITY, error="code_wrong")


@router.post("/logout")
def leave(edge: Here, entered: Halfway) -> Response:
    """End this sitting."""
    staff.leave(edge.parts, entered.seat, edge.clock())
    return take_cookie(edge, see(f"{PREFIX}/login"))


@router.api_route("/welcome/{token}", methods=LOOKING)
def ask_password(request: Request, edge: Here, token: str) -> Response:
    """The form of an invitation; a link that was used or has expired says so."""
    return _welcome_page(request, edge, token)


@router.post("/welcome/{token}")
def accept(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Choose name and password, and sit down."""
    refuse_foreign(request)
    if edge.parts.settings.oidc_require:
        return _welcome_page(request, edge, token)
    try:
        made = staff.accept(
            edge.parts, token, form.one("name"), form.one("password"), browser_of(request, edge), edge.clock()
        )
    except DeskError as refusal:
        return _welcome_page(request, edge, token, form, refusal.key)
    if made is None:
        return _welcome_page(request, edge, token)
    return give_cookie(edge, see(f"{PREFIX}/me"), made)


def _whose(address: str) -> str:
    """An address in the one spelling that it is looked up by: others must not count as others."""
    try:
        return check_address(address).key
    except AddressInvalid:
        return address


def _welcome_page(request: Request, edge: Edge, token: str, form: Typed | None = None, error: str = "") -> Response:
    with edge.parts.db.reading() as session:
        user = people.invited(session, token, edge.clock())
    scene = Scene(user.language if user else language_of(request, edge))
    if user is None:
        return edge.desk.page("welcome_over", scene, status=HTTPStatus.GONE)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    name = form.one("name") if form else user.name
    typed = {"address": user.address, "name": name, "error": error}
    return edge.desk.page("welcome", scene, status=status, **typed, **ways_in(edge))
