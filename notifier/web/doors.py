"""How somebody came to their page: by the link of a letter, which may be forwarded, or by one sent to them alone."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from notifier import readers, sign_in
from notifier.consent.signing_in import KEPT, SESSION_LASTS, Visitor
from notifier.web import places
from notifier.web.edge import Edge
from notifier.web.problems import FormerLink, Problem, SessionOver
from notifier.web.wire import Typed

COOKIE: Final = "notifier_reader"
HOME: Final = "/me"
CSRF: Final = "csrf"


@dataclass(frozen=True, slots=True)
class Door:
    """Whose page it is, where it lives, and what its forms carry."""

    subscriber_id: int
    path: str
    csrf: str = ""
    """Of a session; a letter's link is a secret of its own, and no browser sends it by itself."""
    visitor: Visitor | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is the person themselves: they came by a link that went to their address alone."""
        return self.visitor is not None


def by_letter(edge: Edge, token: str) -> Door:
    """The door of a letter's preference link. Raises Problem for one that we never made, or mailed to one before."""
    found = readers.whose_preferences(edge.parts, token)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    if found.is_former:
        with edge.parts.db.reading() as session:
            raise FormerLink(places.by_id(session, found.site_id).face, found.language)
    return Door(found.subscriber_id, f"/p/{token}")


def by_session(request: Request, edge: Edge) -> Door:
    """The door of a session. Raises Problem where there is none, or it has run out."""
    cookie = request.cookies.get(COOKIE, "")
    visitor = sign_in.who(edge.parts, cookie, edge.clock()) if cookie else None
    if visitor is None:
        raise _over(request, edge)
    return Door(visitor.subscriber_id, HOME, edge.parts.signer.sign(CSRF, visitor.session_id), visitor)


def by_session_acting(request: Request, edge: Edge, form: Typed) -> Door:
    """The same for a form that acts. Raises Problem for one that was not made for this session."""
    door = by_session(request, edge)
    assert door.visitor, "the door of a session"  # noqa: S101 - for mypy
    if edge.parts.signer.read(CSRF, form.one(CSRF)) != (door.visitor.session_id,):
        raise Problem(HTTPStatus.FORBIDDEN, "error_csrf")
    return door


def lapsed(request: Request, edge: Edge, form: Typed) -> Visitor:
    """Who presses the button for a new link, after their session ran out. Raises Problem for anybody else."""
    was = _was(request, edge)
    if was is None:
        by_session(request, edge)
        # One that is open needs no new link, and no form of ours asks for one.
        raise Problem(HTTPStatus.FORBIDDEN, "error_csrf")
    if edge.parts.signer.read(CSRF, form.one(CSRF)) != (was.session_id,):
        raise Problem(HTTPStatus.FORBIDDEN, "error_csrf")
    return was


def _over(request: Request, edge: Edge) -> Problem:
    was = _was(request, edge)
    if was is None:
        return Problem(HTTPStatus.UNAUTHORIZED, "error_session")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, was.site_id).face
    return SessionOver(face, was.language, edge.parts.signer.sign(CSRF, was.session_id))


def _was(request: Request, edge: Edge) -> Visitor | None:
    cookie = request.cookies.get(COOKIE, "")
    return sign_in.who_was(edge.parts, cookie, edge.clock()) if cookie else None


def let_in(edge: Edge, answer: Response, cookie: str) -> None:
    """Have the browser keep a session, and for a day know whose it was."""
    lasts = int((SESSION_LASTS + KEPT).total_seconds())
    answer.set_cookie(COOKIE, cookie, max_age=lasts, **_terms(edge))  # type: ignore[arg-type]  # their types are set_cookie's


def let_out(edge: Edge, answer: Response) -> None:
    """Have the browser forget it."""
    answer.delete_cookie(COOKIE, **_terms(edge))  # type: ignore[arg-type]  # as above


def _terms(edge: Edge) -> dict[str, str | bool]:
    is_secure = edge.parts.settings.base_url.startswith("https://")
    return {"path": HOME, "httponly": True, "samesite": "lax", "secure": is_secure}
