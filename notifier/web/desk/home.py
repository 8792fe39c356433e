"""Where somebody lands after the login: the site's front page at the desk, or the choice of a site."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from starlette.responses import RedirectResponse

from notifier.web.desk.gate import PREFIX, Analyst, scene
from notifier.web.edge import LOOKING, Here

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.api_route("", methods=LOOKING)
def choose(edge: Here, entered: Analyst) -> Response:
    """The sites; straight on where there is one."""
    here = scene(edge, entered, "home")
    if len(here.places) == 1:
        return RedirectResponse(f"{PREFIX}/at/{here.places[0].slug}", HTTPStatus.SEE_OTHER)
    return edge.desk.page("sites", here)
