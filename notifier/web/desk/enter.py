"""Coming in by a link of the command line, once: `notifier user enter`."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from notifier import break_glass
from notifier.web.desk.door import browser_of, language_of, refuse_foreign, see
from notifier.web.desk.frame import Scene
from notifier.web.desk.gate import PREFIX, give_cookie
from notifier.web.edge import LOOKING, Edge, Here

router = APIRouter(prefix=f"{PREFIX}/enter", include_in_schema=False)


@router.api_route("/{token}", methods=LOOKING)
def ask(request: Request, edge: Here, token: str) -> Response:
    """A button: a link that is merely looked at, by a mail scanner say, is not used up."""
    if not break_glass.is_open(edge.parts, token, edge.clock()):
        return _over(request, edge)
    return edge.desk.page("enter", Scene(language_of(request, edge)))


@router.post("/{token}")
def enter(request: Request, edge: Here, token: str) -> Response:
    """Sit down."""
    refuse_foreign(request)
    cookie = break_glass.take(edge.parts, token, browser_of(request, edge), edge.clock())
    return give_cookie(edge, see(PREFIX), cookie) if cookie else _over(request, edge)


def _over(request: Request, edge: Edge) -> Response:
    return edge.desk.page("enter_over", Scene(language_of(request, edge)), status=HTTPStatus.GONE)
