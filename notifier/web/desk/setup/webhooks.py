"""Whom a site wants told of what happens, and what became of each call. For owners."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from notifier import endpoints
from notifier.desk.people import DeskError
from notifier.domain.calls import OFFERED
from notifier.endpoints import NewEndpoint, Office
from notifier.web.desk.gate import Owner
from notifier.web.desk.setup.tabs import ROOT, Desk, missing
from notifier.web.edge import LOOKING, Form, Here

router = APIRouter(prefix=f"{ROOT}/webhooks", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Owner, site: str) -> Response:
    """Every endpoint."""
    return _page(Desk(edge, entered, site, "webhooks"), said=request.query_params.get("said", ""))


@router.post("")
def add(edge: Here, entered: Owner, form: Form, site: str) -> Response:
    """Add an endpoint and show its secret, once."""
    desk = Desk(edge, entered, site, "webhooks")
    new = NewEndpoint(form.one("url"), form.many("event"), bool(form.one("with_address")))
    try:
        _, secret = _office(desk).add(new)
    except DeskError as refusal:
        return _page(desk, error=refusal.key, typed=new)
    return _page(desk, secret=secret)


@router.api_route("/{endpoint}", methods=LOOKING)
def log(request: Request, edge: Here, entered: Owner, site: str, endpoint: int) -> Response:
    """The calls of one endpoint, the newest first."""
    desk, before = Desk(edge, entered, site, "webhooks"), request.query_params.get("before", "")
    site_id = desk.site().id
    with edge.parts.db.reading() as session:
        row = next((one for one in endpoints.of_site(session, site_id) if one.id == endpoint), None)
        if row is None:
            raise missing()
        lines = endpoints.log(session, endpoint, int(before) if before.isdecimal() and len(before) < 18 else 0)  # noqa: PLR2004 - fits a BIGINT
    onward = lines[-1].id if len(lines) == endpoints.PAGE else 0
    said = request.query_params.get("said", "")
    return desk.page("calls", endpoint=row, lines=lines, onward=onward, now=edge.clock(), said=said)


@router.post("/{endpoint}/test")
def test(edge: Here, entered: Owner, site: str, endpoint: int) -> Response:
    """Call it with a greeting."""
    desk = Desk(edge, entered, site, "webhooks")
    _act(lambda: _office(desk).test(endpoint))
    return desk.back(f"/webhooks/{endpoint}", "asked")


@router.post("/{endpoint}/on")
def switch_on(edge: Here, entered: Owner, site: str, endpoint: int) -> Response:
    """Tell it again from now on."""
    desk = Desk(edge, entered, site, "webhooks")
    _act(lambda: _office(desk).switch(endpoint, is_on=True))
    return desk.back("/webhooks", "saved")


@router.post("/{endpoint}/off")
def switch_off(edge: Here, entered: Owner, site: str, endpoint: int) -> Response:
    """Tell it no more."""
    desk = Desk(edge, entered, site, "webhooks")
    _act(lambda: _office(desk).switch(endpoint, is_on=False))
    return desk.back("/webhooks", "saved")


@router.post("/{endpoint}/remove")
def remove(edge: Here, entered: Owner, site: str, endpoint: int) -> Response:
    """Forget it and its log."""
    desk = Desk(edge, entered, site, "webhooks")
    _act(lambda: _office(desk).remove(endpoint))
    return desk.back("/webhooks", "removed")


@router.post("/{endpoint}/calls/{call}/again")
def send_again(edge: Here, entered: Owner, site: str, endpoint: int, call: int) -> Response:
    """Make a call once more."""
    desk = Desk(edge, entered, site, "webhooks")
    _act(lambda: _office(desk).send_again(endpoint, call))
    return desk.back(f"/webhooks/{endpoint}", "asked")


def _act(act: Callable[[], object]) -> None:
    try:
        act()
    except LookupError:
        raise missing() from None


def _office(desk: Desk) -> Office:
    return Office(desk.edge.parts, desk.site().id, desk.entered.seat.actor, desk.edge.clock())


def _page(
    desk: Desk, *, error: str = "", said: str = "", secret: str = "", typed: NewEndpoint | None = None
) -> Response:
    site_id = desk.site().id
    with desk.edge.parts.db.reading() as session:
        found = endpoints.of_site(session, site_id)
    typed = typed or NewEndpoint("", ())
    return desk.page(
        "webhooks", error=error, said=said, secret=secret, typed=typed, endpoints=found, offered=OFFERED,
        now=desk.edge.clock(),
    )  # fmt: skip
