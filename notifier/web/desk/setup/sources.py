"""Where a site's items come from, and how it goes."""

from typing import Any

from fastapi import APIRouter, Request, Response

from notifier import sourcing
from notifier.domain.words import SourceKind
from notifier.settings import SOURCE_PREFIX
from notifier.sourcing import NewSource, SourceInvalid
from notifier.web.desk.gate import Editor, Owner
from notifier.web.desk.setup.tabs import ROOT, Desk, missing
from notifier.web.edge import LOOKING, Form, Here

router = APIRouter(prefix=f"{ROOT}/sources", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Editor, site: str) -> Response:
    """Every source, when it was read, and what was wrong."""
    return _page(Desk(edge, entered, site, "sources"), said=request.query_params.get("said", ""))


@router.post("")
def add(edge: Here, entered: Owner, form: Form, site: str) -> Response:
    """Look at an address, add it, and have it read."""
    desk = Desk(edge, entered, site, "sources")
    typed = {"kind": form.one("kind"), "url": form.one("url"), "secret_name": form.one("secret_name").strip()}
    try:
        new = NewSource(SourceKind(typed["kind"]), typed["url"], typed["secret_name"])
        added = sourcing.add(edge.parts, desk.site().id, new, entered.seat.actor, edge.clock())
    except SourceInvalid as refusal:
        return _page(desk, error=refusal.key, detail=refusal.detail, feed_url=refusal.feed_url, typed=typed)
    except ValueError:
        return _page(desk, error="bad_kind", typed=typed)
    return _page(desk, said="added", found=added.found)


@router.post("/{source}/poll")
def poll(edge: Here, entered: Editor, site: str, source: int) -> Response:
    """Read it now."""
    desk = Desk(edge, entered, site, "sources")
    try:
        sourcing.poll_now(edge.parts, desk.site().id, source, entered.seat.actor, edge.clock())
    except LookupError:
        raise missing() from None
    return desk.back("/sources", "polled")


@router.post("/{source}/on")
def switch_on(edge: Here, entered: Owner, site: str, source: int) -> Response:
    """Read it again from now on."""
    return _switch(Desk(edge, entered, site, "sources"), source, is_on=True)


@router.post("/{source}/off")
def switch_off(edge: Here, entered: Owner, site: str, source: int) -> Response:
    """Read it no more."""
    return _switch(Desk(edge, entered, site, "sources"), source, is_on=False)


@router.post("/{source}/remove")
def remove(edge: Here, entered: Owner, site: str, source: int) -> Response:
    """Forget it; what it brought stays."""
    desk = Desk(edge, entered, site, "sources")
    try:
        sourcing.remove(edge.parts, desk.site().id, source, entered.seat.actor, edge.clock())
    except LookupError:
        raise missing() from None
    return desk.back("/sources", "removed")


def _switch(desk: Desk, source: int, *, is_on: bool) -> Response:
    now = desk.edge.clock()
    try:
        sourcing.switch(desk.edge.parts, desk.site().id, source, desk.entered.seat.actor, now, is_on=is_on)
    except LookupError:
        raise missing() from None
    return desk.back("/sources", "saved")


def _page(desk: Desk, *, error: str = "", said: str = "", **values: Any) -> Response:  # noqa: ANN401 - for the template
    site_id, now = desk.site().id, desk.edge.clock()
    with desk.edge.parts.db.reading() as session:
        found = sourcing.of_site(session, site_id)
        brought = sourcing.brought(session, site_id, now)
    shown: dict[str, Any] = {"typed": None, "found": None, "detail": "", "feed_url": "", **values}
    return desk.page(
        "sources", error=error, said=said, sources=found, brought=brought, now=now, prefix=SOURCE_PREFIX, **shown
    )
