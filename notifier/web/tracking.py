"""The switch of the preference page that says whether a reader's own opens and clicks are kept."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from notifier import traces
from notifier.web.doors import HOME, Door, by_letter, by_session_acting
from notifier.web.edge import Edge, Form, Here
from notifier.web.preferences import Done, back, found_for
from notifier.web.problems import Problem
from notifier.web.wire import Typed

router = APIRouter(include_in_schema=False)


@router.post("/p/{token}/tracking")
def change(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Take the consent back; by a letter's link, which may have been forwarded, nobody gives it."""
    return _change(request, edge, form, by_letter(edge, token))


@router.post(f"{HOME}/tracking")
def change_own(request: Request, edge: Here, form: Form) -> Response:
    """Give it or take it back."""
    return _change(request, edge, form, by_session_acting(request, edge, form))


def _change(request: Request, edge: Edge, form: Typed, door: Door) -> Response:
    is_allowed = form.one("track") == "yes"
    if found_for(edge, door).may_track is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    if is_allowed and not door.is_own:
        raise Problem(HTTPStatus.FORBIDDEN, "error_session")
    ip, now = edge.proxies.client_ip(request), edge.clock()
    traces.allow(edge.parts, door.subscriber_id, ip, now, is_allowed=is_allowed)
    return back(door, Done("tracking", "saved"))
