"""A site's front page at the desk: what goes out next, what is on its way, what failed and why, the balance."""

from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Response
from sqlalchemy import select
from starlette.responses import RedirectResponse

from notifier import alarms, digests
from notifier.digests import name
from notifier.models import Source
from notifier.stages import books, sends, sums
from notifier.tally import day_of
from notifier.web.desk.gate import PREFIX, Analyst, Editor, Entered, scene
from notifier.web.desk.whose import missing, site_id, whole
from notifier.web.edge import LOOKING, Edge, Form, Here

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}", include_in_schema=False)

LATEST = 20
"""Sends among which those that are on their way are sought."""
RUNNING_MOST = 6


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst, site: str) -> Response:
    """Everything an editor looks for first."""
    return _page(edge, entered, site)


@router.post("/alarms/{number}/know")
def know(edge: Here, entered: Editor, site: str, number: str) -> Response:
    """Say that somebody sees to an alarm."""
    try:
        alarms.know(edge.parts, site_id(edge, site), whole(number), entered.seat.actor, edge.clock())
    except LookupError:
        raise missing() from None
    return RedirectResponse(f"{PREFIX}/at/{site}", HTTPStatus.SEE_OTHER)


@router.post("/alarms/{number}/end")
def end(edge: Here, entered: Editor, form: Form, site: str, number: str) -> Response:
    """End an alarm, with what was put right, and let what it had halted go on."""
    ours, by, now = site_id(edge, site), entered.seat.actor, edge.clock()
    try:
        alarms.let_go_on(edge.parts, ours, whole(number), form.one("reason"), by, now)
    except ValueError:
        return _page(edge, entered, site, whole(number))
    except LookupError:
        raise missing() from None
    return RedirectResponse(f"{PREFIX}/at/{site}", HTTPStatus.SEE_OTHER)


def _page(edge: Edge, entered: Entered, site: str, refused: int = 0) -> Response:
    """`refused`: the alarm that somebody wanted to end without a word."""
    here, ours, now = scene(edge, entered, "overview", site), site_id(edge, site), edge.clock()
    ahead = digests.ahead(edge.parts, ours, now)
    with edge.parts.db.reading() as session:
        found = books.whole(books.pages(session, ours, counts_open=False))
        latest = sends.sends(session, ours, most=LATEST)
        lately = sums.unsent_since(session, ours, day_of(now - timedelta(days=1)))
        raised = alarms.raised(session, ours, now)
        ill = session.scalars(select(Source).where(Source.site_id == ours, Source.last_error != "")).all()
    return edge.desk.page(
        "overview",
        here,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        balance=found.balance,
        reasons=[(*side.split(": "), count) for side, count in sorted(found.reasons.items(), key=lambda one: -one[1])],
        running=[one for one in latest if one.page.balance.open][:RUNNING_MOST],
        next_slot=next(iter(ahead.slots), None),
        soon=ahead.announced(now, edge.parts.settings.digest_announce_min),
        held=ahead.held,
        lately=lately,
        ill=ill,
        raised=raised,
        away={name: one for name, one in edge.parts.accounts.states().items() if not one.is_up},
        refused=refused,
        now=now,
        name=name,
    )
