"""Webhooks out by the JSON API: who is told, with which secret, and what became of each call."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import JSONResponse

from notifier import endpoints
from notifier.domain.calls import OFFERED, CallState, HookEvent
from notifier.domain.desk_words import Permission
from notifier.endpoints import NewEndpoint, Office
from notifier.models import Call, Endpoint
from notifier.web.edge import Edge, Here
from notifier.web.fields import Strict, Url
from notifier.web.json_api.answering import (
    PREFIX,
    REFUSALS,
    Before,
    BigId,
    Id,
    answer,
    missing,
    out_of_turn,
    refusing,
)
from notifier.web.keys import Caller, scoped

Onlooker = Annotated[Caller, scoped(Permission.WEBHOOKS_READ)]
Keeper = Annotated[Caller, scoped(Permission.WEBHOOKS_WRITE)]
router = APIRouter(prefix=f"{PREFIX}/webhooks", tags=["webhooks"], responses=REFUSALS)


class EndpointBody(Strict):
    """An address that wants to be told of some events."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://rafidain.example/hooks", "events": ["subscriber.confirmed", "issue.sent"]}]
        }
    )

    url: Url
    events: Annotated[tuple[HookEvent, ...], Field(min_length=1, max_length=len(OFFERED))]
    with_address: StrictBool = False
    """Tell it the readers' addresses, not only their hashes; the key needs `subscribers:export` for that."""


class StoredEndpoint(BaseModel):
    """An endpoint; its secret is shown when it is made or changed, and never again."""

    id: int
    url: str
    events: list[str]
    with_address: bool
    created_at: datetime
    failing_since: datetime | None
    paused_at: datetime | None
    paused_because: str
    """`owner`, `failing` (took nothing for three days), `gone` (410) or `secret`; empty while it is told."""

    @classmethod
    def of(cls, row: Endpoint) -> Self:
        """A row."""
        return cls(
            id=row.id, url=row.url, events=row.events, with_address=row.with_address, created_at=row.created_at,
            failing_since=row.failing_since, paused_at=row.disabled_at, paused_because=row.disabled_because,
        )  # fmt: skip


class SecretBody(BaseModel):
    """The secret that signs, shown only now."""

    id: int
    secret: str


class CallBody(BaseModel):
    """One call of the log."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    event: str
    data: dict[str, Any]
    state: CallState
    attempts: int
    status: int
    """Of the last answer; 0 where there was none."""
    fault: str
    """Why there was none."""
    answer: str
    """Its first characters."""
    created_at: datetime
    tried_at: datetime | None
    next_attempt_at: datetime
    finished_at: datetime | None


class CallPage(BaseModel):
    """A page of the log."""

    calls: list[CallBody]
    next: int | None


@router.get("", response_model=list[StoredEndpoint])
def list_webhooks(edge: Here, caller: Onlooker) -> JSONResponse:
    """Every endpoint of the site: twenty at most."""
    with edge.parts.db.reading() as session:
        return answer([StoredEndpoint.of(one) for one in endpoints.of_site(session, caller.site_id)])


@router.post("", status_code=201, response_model=SecretBody)
def add_webhook(edge: Here, caller: Keeper, body: EndpointBody) -> JSONResponse:
    """Add an endpoint; the answer has its secret, once."""
    if body.with_address:
        caller.needs(Permission.SUBSCRIBERS_EXPORT)
    with refusing():
        made, secret = _office(edge, caller).add(NewEndpoint(body.url, body.events, body.with_address))
    return answer(SecretBody(id=made, secret=secret), HTTPStatus.CREATED)


@router.get("/{webhook}", response_model=StoredEndpoint)
def get_webhook(edge: Here, caller: Onlooker, webhook: Id) -> JSONResponse:
    """One endpoint."""
    return _stored(edge, caller, webhook)


@router.delete("/{webhook}", status_code=204)
def remove_webhook(edge: Here, caller: Keeper, webhook: Id) -> Response:
    """Forget it, its log, and what still waits for it."""
    with refusing():
        _office(edge, caller).remove(webhook)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{webhook}/secret", response_model=SecretBody)
def rotate_secret(edge: Here, caller: Keeper, webhook: Id) -> JSONResponse:
    """A new secret, shown once; for a day calls are signed by the old one as well."""
    with refusing():
        return answer(SecretBody(id=webhook, secret=_office(edge, caller).rotate(webhook)))


@router.post("/{webhook}/{act}", response_model=StoredEndpoint)
def act_on_webhook(
    edge: Here, caller: Keeper, webhook: Id, act: Literal["pause", "resume", "test"]
) -> JSONResponse:  # fmt: skip
    """Tell it no more, tell it again (and what still waits), or call it with a greeting."""
    office = _office(edge, caller)
    with refusing():
        if act == "test":
            office.test(webhook)
        else:
            office.switch(webhook, is_on=act == "resume")
    return _stored(edge, caller, webhook)


@router.get("/{webhook}/calls", response_model=CallPage)
def list_calls(edge: Here, caller: Onlooker, webhook: Id, before: Before = 0) -> JSONResponse:
    """The log of thirty days, the newest call first."""
    with edge.parts.db.reading() as session, refusing():
        endpoints.one(session, caller.site_id, webhook)
        rows = endpoints.log(session, webhook, before)
    onward = rows[-1].id if len(rows) == endpoints.PAGE else None
    return answer(CallPage(calls=[CallBody.model_validate(one) for one in rows], next=onward))


@router.post("/{webhook}/calls/{call}/redeliver", response_model=CallBody)
def redeliver(edge: Here, caller: Keeper, webhook: Id, call: BigId) -> JSONResponse:
    """Make a call once more, under its old id; 409 for one that waits anyway."""
    with refusing():
        is_done = _office(edge, caller).send_again(webhook, call)
    with edge.parts.db.reading() as session:
        row = session.get(Call, call)
    if row is None or row.endpoint_id != webhook:
        raise missing()
    if not is_done:
        raise out_of_turn()
    return answer(CallBody.model_validate(row))


def _office(edge: Edge, caller: Caller) -> Office:
    return Office(edge.parts, caller.site_id, caller.actor, edge.clock())


def _stored(edge: Edge, caller: Caller, webhook: int) -> JSONResponse:
    with edge.parts.db.reading() as session, refusing():
        return answer(StoredEndpoint.of(endpoints.one(session, caller.site_id, webhook)))
