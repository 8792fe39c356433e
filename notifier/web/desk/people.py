"""Who may enter the desk: invite, change the role, put out. For owners."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from sqlalchemy import select

from notifier import single_sign_on, staff
from notifier.desk import bindings
from notifier.desk.people import DeskError
from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import Role
from notifier.models import User
from notifier.web.desk.door import ways_in
from notifier.web.desk.gate import PREFIX, Entered, Owner, scene
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem

router = APIRouter(prefix=f"{PREFIX}/people", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Owner) -> Response:
    """All users."""
    return _page(edge, entered)


@router.post("/invite")
def invite(edge: Here, entered: Owner, form: Form) -> Response:
    """Make an invitation and show its link, once: whoever opens it chooses the password."""
    try:
        role = Role(form.one("role"))
        token = staff.invite(
            edge.parts, form.one("address"), role, entered.seat.language, entered.seat.actor, edge.clock()
        )
    except AddressInvalid:
        return _page(edge, entered, error="address_wrong")
    except DeskError as refusal:
        return _page(edge, entered, error=refusal.key)
    except ValueError:
        return _page(edge, entered, error="role_wrong")
    return _page(edge, entered, link=f"{edge.parts.settings.base_url}{PREFIX}/welcome/{token}")


@router.post("/{user}/role")
def change_role(edge: Here, entered: Owner, form: Form, user: int) -> Response:
    """Give another role."""
    try:
        staff.change_role(edge.parts, user, Role(form.one("role")), entered.seat.actor, edge.clock())
    except DeskError as refusal:
        return _page(edge, entered, error=refusal.key)
    except ValueError:
        return _page(edge, entered, error="role_wrong")
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    return _page(edge, entered, said="frame.saved")


@router.post("/{user}/disable")
def disable(edge: Here, entered: Owner, user: int) -> Response:
    """Let somebody in no more."""
    try:
        staff.disable(edge.parts, user, entered.seat.actor, edge.clock())
    except DeskError as refusal:
        return _page(edge, entered, error=refusal.key)
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    return _page(edge, entered, said="frame.saved")


@router.post("/{user}/unlink")
def unlink(edge: Here, entered: Owner, user: int) -> Response:
    """Forget somebody's account at the provider."""
    try:
        is_done = single_sign_on.unlink(edge.parts, user, entered.seat.actor, edge.clock())
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    return _page(edge, entered, said="sso.unlinked" if is_done else "")


def _page(edge: Edge, entered: Entered, *, error: str = "", link: str = "", said: str = "") -> Response:
    with edge.parts.db.reading() as session:
        users = session.scalars(select(User).order_by(User.disabled_at.is_not(None), User.id)).all()
        bound = bindings.bound(session)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    here = scene(edge, entered, "people")
    told = {"error": error, "link": link, "said": said}
    return edge.desk.page(
        "people", here, status=status, users=users, bound=bound, roles=list(Role), **told, **ways_in(edge)
    )
