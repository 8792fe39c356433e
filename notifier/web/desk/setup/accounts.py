"""The mail servers that take our letters: how they are, how fast they may be, a button that tries one. For owners."""

from fastapi import APIRouter, Response

from notifier import ways_out
from notifier.domain.address import AddressInvalid
from notifier.models import User
from notifier.ways_out import Tried
from notifier.web.desk.gate import Owner
from notifier.web.desk.setup.tabs import ROOT, Desk, missing
from notifier.web.edge import LOOKING, Form, Here

router = APIRouter(prefix=f"{ROOT}/accounts", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Owner, site: str) -> Response:
    """Every account of the settings."""
    return _page(Desk(edge, entered, site, "accounts"))


@router.post("/{name}/test")
def test(edge: Here, entered: Owner, form: Form, site: str, name: str) -> Response:
    """Connect, greet, encrypt, log in; and send a letter, where an address is given."""
    desk = Desk(edge, entered, site, "accounts")
    to = form.one("to").strip() if form.one("letter") else ""
    try:
        tried = ways_out.try_account(edge.parts, desk.site().id, name, to, entered.seat.actor, edge.clock())
    except AddressInvalid:
        return _page(desk, error="account_address", name=name)
    except LookupError:
        raise missing() from None
    return _page(desk, tried=tried, name=name)


def _page(desk: Desk, *, error: str = "", tried: Tried | None = None, name: str = "") -> Response:
    parts = desk.edge.parts
    with parts.db.reading() as session:
        own = session.get_one(User, desk.entered.seat.user_id).address
    return desk.page(
        "accounts", error=error, accounts=parts.settings.accounts, states=parts.accounts.states(), tried=tried,
        name=name, own=own,
    )  # fmt: skip
