"""The site tells which readers it saw at which article: their letters about its comments come promptly again."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from starlette.responses import Response

from notifier import readers
from notifier.web.api import REFUSALS
from notifier.web.edge import Here
from notifier.web.fields import Address, Guid, Strict
from notifier.web.keys import Writer

VISITS_MAX = 500

router = APIRouter(prefix="/api/v1/sites/{site}", tags=["visits"], responses=REFUSALS)


class Visit(Strict):
    """Somebody who is logged in, or left an address with a comment, opened an article. The address is not kept."""

    article: Guid
    email: Address


class Visits(Strict):
    """Up to 500 of them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"visits": [{"article": "164", "email": "layla@example.org"}]}]}
    )

    visits: Annotated[list[Visit], Field(max_length=VISITS_MAX)]


@router.post("/visits", status_code=204)
def post_visits(edge: Here, caller: Writer, body: Visits) -> Response:
    """Note visits. The answer is 204 for readers, strangers and unknown articles alike."""
    readers.note_visits(edge.parts, caller.site_id, [(one.article, one.email) for one in body.visits], edge.clock())
    return Response(status_code=204)
