"""A site's front page at the desk: what goes out next, what is on its way, what failed and why, the balance."""

from datetime import timedelta

from fastapi import APIRouter, Response
from sqlalchemy import select

from notifier import digests
from notifier.models import Source
from notifier.stages import books, sends, sums
from notifier.tally import day_of
from notifier.web.desk.calendar import name
from notifier.web.desk.gate import PREFIX, Analyst, scene
from notifier.web.desk.whose import site_id
from notifier.web.edge import LOOKING, Here

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}", include_in_schema=False)

LATEST = 20
"""Sends among which those that are on their way are sought."""
RUNNING_MOST = 6


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst, site: str) -> Response:
    """Everything an editor looks for first."""
    here, ours, now = scene(edge, entered, "overview", site), site_id(edge, site), edge.clock()
    ahead = digests.ahead(edge.parts, ours, now)
    with edge.parts.db.reading() as session:
        found = books.whole(books.pages(session, ours, counts_open=False))
        latest = sends.sends(session, ours, most=LATEST)
        lately = sums.unsent_since(session, ours, day_of(now - timedelta(days=1)))
        ill = session.scalars(select(Source).where(Source.site_id == ours, Source.last_error != "")).all()
    return edge.desk.page(
        "overview",
        here,
        balance=found.balance,
        reasons=[(*side.split(": "), count) for side, count in sorted(found.reasons.items(), key=lambda one: -one[1])],
        running=[one for one in latest if one.page.balance.open][:RUNNING_MOST],
        next_slot=next(iter(ahead.slots), None),
        soon=ahead.announced(now, edge.parts.settings.digest_announce_min),
        held=ahead.held,
        lately=lately,
        ill=ill,
        now=now,
        name=name,
    )
