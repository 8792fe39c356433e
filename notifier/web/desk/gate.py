"""The desk's gate: who sits behind a request, what they may do, and that they meant it."""

import hashlib
import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request, Response
from sqlalchemy import select

from notifier import alarms, staff
from notifier.desk.sittings import LONGEST
from notifier.domain.desk_words import Role
from notifier.models import Site
from notifier.staff import Seat
from notifier.web.desk.frame import Place, Scene
from notifier.web.edge import Edge, Form, Here
from notifier.web.problems import Problem

COOKIE: Final = "desk"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PREFIX: Final = "/desk"


@dataclass(frozen=True, slots=True)
class Entered:
    """A request that may do what it asks for."""

    seat: Seat
    csrf: str


class Gate:
    """For `Depends`: lets in whoever is logged in with this role or a greater one.

    Unsafe methods must carry the sitting's own CSRF token, in a form's `csrf` field or the X-CSRF-Token header.
    Raises Problem: 303 to the login, 403 for a role that is too small or a request that somebody else wrote.
    """

    def __init__(self, role: Role, *, is_half_enough: bool = False) -> None:
        self.role = role
        self._is_half_enough = is_half_enough

    def __call__(self, request: Request, edge: Here, form: Form) -> Entered:
        """Who entered."""
        return self.let_in(request, edge, self.seat(request, edge), form.one("csrf"))

    def seat(self, request: Request, edge: Edge) -> Seat:
        """Who sits behind the cookie. Raises Problem where nobody does, or not completely."""
        seat = staff.seat(edge.parts, request.cookies.get(cookie_name(edge), ""), edge.clock())
        if seat is None:
            raise _to(f"{PREFIX}/login?next={quote(request.url.path)}")
        if not seat.is_complete and not self._is_half_enough:
            raise _to(f"{PREFIX}/code")
        return seat

    def let_in(self, request: Request, edge: Edge, seat: Seat, given: str) -> Entered:
        """Let them in if they meant it and may; `given` is the token of their form. Raises Problem."""
        csrf = csrf_of(request.cookies.get(cookie_name(edge), ""))
        given = given or request.headers.get("x-csrf-token", "")
        if request.method not in SAFE and not hmac.compare_digest(csrf.encode(), given.encode(errors="replace")):
            raise Problem(HTTPStatus.FORBIDDEN, "error_foreign_form")
        if not seat.role.may_act_as(self.role):
            raise Problem(HTTPStatus.FORBIDDEN, "error_not_yours")
        return Entered(seat, csrf)


Halfway = Annotated[Entered, Depends(Gate(Role.ANALYST, is_half_enough=True))]
Analyst = Annotated[Entered, Depends(Gate(Role.ANALYST))]
Editor = Annotated[Entered, Depends(Gate(Role.EDITOR))]
Owner = Annotated[Entered, Depends(Gate(Role.OWNER))]


def scene(edge: Edge, entered: Entered, here: str, slug: str = "") -> Scene:
    """The frame of a page; with a slug, of that site. Raises Problem for a site that is not there."""
    with edge.parts.db.reading() as session:
        rows = session.execute(select(Site.slug, Site.name, Site.time_zone, Site.id).order_by(Site.slug)).all()
        ours = next((row.id for row in rows if row.slug == slug), 0)
        waiting = alarms.unknown(session, ours) if ours else 0
    places = tuple(Place(*row[:3]) for row in rows)
    place = next((one for one in places if one.slug == slug), None)
    if slug and place is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_site")
    return Scene(entered.seat.language, entered.seat, entered.csrf, place, places, here, waiting)


def give_cookie(edge: Edge, answer: Response, token: str) -> Response:
    """Let the browser keep a sitting's token: for this host alone, out of reach of scripts and of foreign forms."""
    answer.set_cookie(
        cookie_name(edge), token, path="/", httponly=True, samesite="lax", secure=is_secure(edge),
        max_age=int(LONGEST.total_seconds()),
    )  # fmt: skip
    return answer


def take_cookie(edge: Edge, answer: Response) -> Response:
    """Have it forgotten."""
    answer.delete_cookie(cookie_name(edge), path="/", httponly=True, samesite="lax", secure=is_secure(edge))
    return answer


def cookie_name(edge: Edge, name: str = COOKIE) -> str:
    """`__Host-` binds it to this very host (RFC 6265bis, 4.1.3.2); browsers take that over TLS only."""
    return f"__Host-{name}" if is_secure(edge) else name


def csrf_of(token: str) -> str:
    """What the forms of a sitting carry: nobody makes it who has not the cookie."""
    return hmac.new(token.encode(errors="replace"), b"desk csrf", hashlib.sha256).hexdigest()


def is_secure(edge: Edge) -> bool:
    """Whether the desk is reached over TLS."""
    return edge.parts.settings.base_url.startswith("https://")


def _to(path: str) -> Problem:
    return Problem(HTTPStatus.SEE_OTHER, "error_log_in", headers={"Location": path})
