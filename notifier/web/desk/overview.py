"""A site's front page at the desk: the balance of all letters, and why some did not go out."""

from fastapi import APIRouter, Response
from sqlalchemy import select

from notifier import flow
from notifier.models import Site
from notifier.web.desk.gate import PREFIX, Analyst, scene
from notifier.web.edge import LOOKING, Here

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst, site: str) -> Response:
    """The balance and the reasons."""
    here = scene(edge, entered, "overview", site)
    with edge.parts.db.reading() as session:
        site_id = session.scalars(select(Site.id).where(Site.slug == site)).one()
    found = flow.pulse(edge.parts, site_id)
    reasons = sorted(found.reasons.items(), key=lambda one: -one[1])
    pairs = [(*side.split(": "), count) for side, count in reasons]
    return edge.desk.page("overview", here, balance=found.balance, reasons=pairs, waits_since=found.oldest_queued_at)
