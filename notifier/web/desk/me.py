"""What is one's own: name, language, password, second factor, sittings."""

import io
from http import HTTPStatus

import segno
from fastapi import APIRouter, Response
from markupsafe import Markup
from starlette.responses import RedirectResponse

from notifier import staff
from notifier.desk import second_factor, sittings
from notifier.desk.people import DeskError
from notifier.domain.desk_words import Role
from notifier.models import User
from notifier.web.desk.door import refuse_haste
from notifier.web.desk.gate import PREFIX, Analyst, Editor, Entered, scene
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem

router = APIRouter(prefix=f"{PREFIX}/me", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst) -> Response:
    """Everything on one page."""
    return _page(edge, entered)


@router.post("/name")
def set_name(edge: Here, entered: Analyst, form: Form) -> Response:
    """Change name and language."""
    language = edge.look.sentences.supported(form.one("language")) or entered.seat.language
    staff.set_name(edge.parts, entered.seat, form.one("name"), language)
    return _back("saved")


@router.post("/proofs")
def ask_for_proofs(edge: Here, entered: Editor, form: Form) -> Response:
    """Ask for each digest before it goes out, or no more."""
    seat = entered.seat
    staff.ask_for_proofs(edge.parts, seat.user_id, seat.actor, edge.clock(), is_wanted=form.one("wanted") == "1")
    return _back("saved")


@router.post("/password")
def change_password(edge: Here, entered: Analyst, form: Form) -> Response:
    """Change it; every other sitting ends."""
    if edge.parts.settings.oidc_require:
        raise Problem(HTTPStatus.FORBIDDEN, "error_not_yours")
    try:
        staff.change_password(edge.parts, entered.seat, form.one("current"), form.one("password"), edge.clock())
    except DeskError as refusal:
        return _page(edge, entered, refusal)
    return _back("password_saved")


@router.api_route("/second-factor", methods=LOOKING)
def ask_second_factor(edge: Here, entered: Analyst) -> Response:
    """A fresh secret, as a picture and as text; it counts once a code of it came back."""
    return _back("") if entered.seat.has_second_factor else _secret_page(edge, entered, second_factor.new_secret())


@router.post("/second-factor")
def turn_on(edge: Here, entered: Analyst, form: Form) -> Response:
    """Turn it on, and show the spare codes, once; one that is on is turned off first."""
    if entered.seat.has_second_factor:
        return _back("")
    try:
        spare = staff.turn_on_second_factor(
            edge.parts, entered.seat, form.one("secret"), form.one("code"), edge.clock()
        )
    except (DeskError, ValueError):
        return _secret_page(edge, entered, form.one("secret"), "code_wrong")
    return edge.desk.page("spare_codes", scene(edge, entered, "me"), spare=spare)


@router.post("/second-factor/off")
def turn_off(edge: Here, entered: Analyst, form: Form) -> Response:
    """Turn it off; what must be typed for that is tried a few times only."""
    refuse_haste(edge, f"code:{entered.seat.user_id}")
    try:
        staff.turn_off_second_factor(edge.parts, entered.seat, form.one("current"), edge.clock())
    except DeskError as refusal:
        return _page(edge, entered, refusal)
    return _back("saved")


@router.post("/sittings/{sitting}/end")
def end_sitting(edge: Here, entered: Analyst, sitting: int) -> Response:
    """End one of one's other sittings."""
    staff.leave(edge.parts, entered.seat, edge.clock(), only=sitting)
    return _back("ended")


def _page(edge: Edge, entered: Entered, refusal: DeskError | None = None) -> Response:
    with edge.parts.db.reading() as session:
        user = session.get_one(User, entered.seat.user_id)
        running = sittings.running(session, user.id, edge.clock())
    names = [(one, edge.look.sentences.plain(one, "language_name")) for one in edge.look.sentences.languages]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    here = scene(edge, entered, "me")
    has_password = bool(user.password_hash) and not edge.parts.settings.oidc_require
    ahead_min = edge.parts.settings.digest_announce_min
    proofs = {"proofs_min": ahead_min, "may_ask_proofs": ahead_min and user.role.may_act_as(Role.EDITOR)}
    mine = {**proofs, "user": user, "has_password": has_password, "running": running}
    return edge.desk.page("me", here, status=status, languages=names, refusal=refusal, **mine)


def _secret_page(edge: Edge, entered: Entered, secret: str, error: str = "") -> Response:
    with edge.parts.db.reading() as session:
        user = session.get_one(User, entered.seat.user_id)
    picture = io.BytesIO()
    segno.make(second_factor.address_of(secret, user), error="m").save(
        picture, kind="svg", scale=5, border=2, xmldecl=False, svgclass=None, lineclass=None
    )
    return edge.desk.page(
        "second_factor",
        scene(edge, entered, "me"),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        secret=secret,
        picture=Markup(picture.getvalue().decode()),  # noqa: S704 - segno's own drawing of bits
        error=error,
    )


def _back(said: str) -> Response:
    return RedirectResponse(f"{PREFIX}/me{'?said=' if said else ''}{said}", HTTPStatus.SEE_OTHER)
