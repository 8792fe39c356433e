"""API keys of a site: made once, used by programs, replaced, revoked for ever. For owners."""

from typing import Any

from fastapi import APIRouter, Request, Response

from notifier import api_keys
from notifier.desk.people import DeskError
from notifier.domain.desk_words import USUAL, Permission
from notifier.web.desk.gate import Owner
from notifier.web.desk.setup.tabs import ROOT, Desk, missing
from notifier.web.edge import LOOKING, Form, Here

router = APIRouter(prefix=f"{ROOT}/keys", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Owner, site: str) -> Response:
    """Every key, what it may do, and when it was used last."""
    return _page(Desk(edge, entered, site, "keys"), said=request.query_params.get("said", ""))


@router.post("")
def make(edge: Here, entered: Owner, form: Form, site: str) -> Response:
    """Make a key and show it, once."""
    desk = Desk(edge, entered, site, "keys")
    name, scopes = form.one("name"), form.many("scope")
    try:
        made = api_keys.make(edge.parts, desk.site().id, name, scopes, entered.seat.actor, edge.clock())
    except DeskError as refusal:
        return _page(desk, error=refusal.key, name=name, chosen=scopes)
    return _page(desk, key=made.key)


@router.post("/{key}/replace")
def replace(edge: Here, entered: Owner, site: str, key: int) -> Response:
    """Make one that takes its place and show it, once; the old one works for a day more."""
    desk = Desk(edge, entered, site, "keys")
    try:
        made = api_keys.replace(edge.parts, desk.site().id, key, entered.seat.actor, edge.clock())
    except LookupError:
        raise missing() from None
    except DeskError as refusal:
        return _page(desk, error=refusal.key)
    return _page(desk, key=made.key, replaced=key)


@router.post("/{key}/revoke")
def revoke(edge: Here, entered: Owner, site: str, key: int) -> Response:
    """Refuse a key from now on."""
    desk = Desk(edge, entered, site, "keys")
    try:
        api_keys.revoke(edge.parts, desk.site().id, key, entered.seat.actor, edge.clock())
    except LookupError:
        raise missing() from None
    return desk.back("/keys", "revoked")


def _page(desk: Desk, *, error: str = "", said: str = "", key: str = "", **told: Any) -> Response:  # noqa: ANN401 - for the template
    site_id = desk.site().id
    with desk.edge.parts.db.reading() as session:
        found = api_keys.of_site(session, site_id)
    scopes = [(one.value, one.key) for one in Permission]
    values: dict[str, Any] = {"name": "", "chosen": [one.value for one in USUAL], "replaced": 0, **told}
    return desk.page(
        "keys", error=error, said=said, key=key, keys=found, scopes=scopes, now=desk.edge.clock(),
        base=desk.edge.parts.settings.base_url, **values,
    )  # fmt: skip
