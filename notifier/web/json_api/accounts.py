"""The accounts that take our letters, by the JSON API: how each is, and a try that tells what its server says."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse

from notifier import ways_out
from notifier.web.edge import Here
from notifier.web.fields import Address, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, answer, refusing
from notifier.web.json_api.sources import Onlooker, Owner

router = APIRouter(prefix=f"{PREFIX}/accounts", tags=["accounts"], responses=REFUSALS)


class AccountBody(BaseModel):
    """An account of the server's settings, without its password."""

    name: str
    server: str
    tls: str
    has_login: bool
    rate_per_s: float
    connections: int
    weight: float
    is_up: bool
    is_refused: bool
    """Whether its name or password is wrong."""
    again_in_s: float
    """When it is tried again; 0 while it is up."""


class TryBody(Strict):
    """Where a sample letter goes; empty for none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "editor@rafidain.example"}, {}]})

    to: Address = ""


class TriedBody(BaseModel):
    """How it went."""

    model_config = ConfigDict(from_attributes=True)

    is_ready: bool
    is_refused: bool
    """Name or password are wrong."""
    took_ms: int
    said: str
    """The server's or our own word about what failed, in English."""
    tls: str
    has_logged_in: bool
    offers: list[str]
    sent_to: str


@router.get("", response_model=list[AccountBody])
def list_accounts(edge: Here, caller: Onlooker) -> JSONResponse:
    """Every account of the settings, which all sites share."""
    del caller
    states = edge.parts.accounts.states()
    return answer(
        [
            AccountBody(
                name=name, server=f"{one.host}:{one.port}", tls=one.tls, has_login=bool(one.username or one.url),
                rate_per_s=one.rate_per_s, connections=one.connections, weight=one.weight, is_up=states[name].is_up,
                is_refused=states[name].is_refused, again_in_s=round(states[name].wait_s, 1),
            )
            for name, one in edge.parts.settings.accounts.items()
        ]
    )  # fmt: skip


@router.post("/{account}/test", response_model=TriedBody)
def test_account(
    edge: Here, caller: Owner, account: Annotated[str, Path(max_length=100)], body: TryBody
) -> JSONResponse:  # fmt: skip
    """Connect as letters do, within seconds; with `to`, send a sample letter there."""
    with refusing():
        tried = ways_out.try_account(edge.parts, caller.site_id, account, body.to, caller.actor, edge.clock())
    return answer(TriedBody.model_validate(tried))
