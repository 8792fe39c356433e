"""Sends by the JSON API: their balances, their letters, one person's letters, and another chance for what failed."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from notifier import deliveries
from notifier.deliveries import FATES, Chosen
from notifier.domain.desk_words import Permission
from notifier.domain.words import Reason, State
from notifier.stages import sends
from notifier.stages.sends import Filter, Send, SendKey
from notifier.web.edge import Edge, Here
from notifier.web.json_api.answering import BIG_ID_MAX, PREFIX, REFUSALS, Before, answer, missing, refusing
from notifier.web.json_api.delivery_bodies import (
    LetterBody,
    LetterPage,
    Person,
    PersonBody,
    Retried,
    RetryBody,
    SendBody,
    SendPage,
)
from notifier.web.json_api.readers import sees_addresses
from notifier.web.keys import Caller, scoped
from notifier.web.problems import DESK, Problem

Onlooker = Annotated[Caller, scoped(Permission.DELIVERIES_READ)]
Editor = Annotated[Caller, scoped(Permission.DELIVERIES_WRITE)]
SendName = Annotated[str, Path(max_length=60, description="A send, as the list names it: `digest-12`.")]
After = Annotated[int, Query(ge=0, le=BIG_ID_MAX, description="The `next` of the page before; 0 for the first.")]
router = APIRouter(prefix=f"{PREFIX}/deliveries", tags=["deliveries"], responses=REFUSALS)


@router.get("", response_model=SendPage)
def list_sends(edge: Here, caller: Onlooker, before: Before = 0) -> JSONResponse:
    """Sends with their balances, the newest first."""
    with edge.parts.db.reading() as session:
        found = sends.sends(session, caller.site_id, before)
    onward = found[-1].last_id if len(found) == sends.PAGE else None
    return answer(SendPage(sends=[SendBody.of(one) for one in found], next=onward))


@router.post("/search", response_model=Person)
def search_person(edge: Here, caller: Onlooker, body: PersonBody) -> JSONResponse:
    """What somebody was sent or spared, by their address: a POST, so that it stands in no log of URLs.

    The key must be one that sees addresses; that it asked is noted.
    """
    if not sees_addresses(caller):
        caller.needs(Permission.SUBSCRIBERS_EXPORT)
    by, now = caller.actor, edge.clock()
    with refusing():
        reader = deliveries.find_person(edge.parts, caller.site_id, body.address, by, now)
    told = deliveries.person(edge.parts, caller.site_id, reader, by, now, body.before) if reader else None
    if told is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"{DESK}deliveries.search_unknown", field="address")
    onward = told.fates[-1].delivery_id if len(told.fates) == FATES else None
    return answer(Person.of(told, onward))


@router.get("/{send}", response_model=SendBody)
def get_send(edge: Here, caller: Onlooker, send: SendName) -> JSONResponse:
    """One send with its balance and its reasons."""
    return answer(SendBody.of(_send(edge, caller, send)))


@router.get("/{send}/letters", response_model=LetterPage)
def list_letters(
    edge: Here, caller: Onlooker, send: SendName, state: State | None = None, reason: Reason | None = None,
    after: After = 0,
) -> JSONResponse:  # fmt: skip
    """Its letters, or those of a state and a reason; addresses for keys that see them."""
    found = _send(edge, caller, send)
    with edge.parts.db.reading() as session:
        rows = sends.letters(session, caller.site_id, found, Filter(state, reason), after)
    onward = rows[-1].id if len(rows) == sends.PAGE_OF_LETTERS else None
    is_open = sees_addresses(caller)
    return answer(LetterPage(letters=[LetterBody.of(one, is_open=is_open) for one in rows], next=onward))


@router.post("/{send}/retry", response_model=Retried)
def retry_letters(edge: Here, caller: Editor, send: SendName, body: RetryBody) -> JSONResponse:
    """Queue failed letters again, as long as they are still news; what did not fail stays as it is."""
    ids = None if body.letters is None else tuple(sorted(set(body.letters)))
    chosen, now = Chosen(_send(edge, caller, send), ids, body.reason), edge.clock()
    if body.dry_run:
        with edge.parts.db.reading() as session:
            count = deliveries.retriable(session, caller.site_id, chosen, now)
    else:
        count = deliveries.retry(edge.parts, caller.site_id, chosen, caller.actor, now)
    return answer(Retried(letters=count, is_dry=body.dry_run))


def _send(edge: Edge, caller: Caller, slug: str) -> Send:
    key = SendKey.of(slug)
    with edge.parts.db.reading() as session:
        found = sends.find(session, caller.site_id, key) if key else None
    if found is None:
        raise missing()
    return found
