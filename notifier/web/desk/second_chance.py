"""One person's letters, found by address; and another chance for letters that failed. For editors."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import deliveries
from notifier.deliveries import FATES, Chosen
from notifier.domain.address import AddressInvalid
from notifier.domain.words import Reason
from notifier.stages import sends
from notifier.web.desk.deliveries import the_send
from notifier.web.desk.gate import PREFIX, Editor, scene
from notifier.web.desk.whose import missing, number, site_id, whole
from notifier.web.edge import LOOKING, Form, Here

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/deliveries", include_in_schema=False)


@router.post("/search")
def search(edge: Here, entered: Editor, form: Form, site: str) -> Response:
    """Find somebody by address: a form, for addresses stand in no log."""
    here, ours = scene(edge, entered, "deliveries", site), site_id(edge, site)
    error = "search_unknown"
    try:
        found = deliveries.find_person(edge.parts, ours, form.one("address"), entered.seat.actor, edge.clock())
        if found:
            return RedirectResponse(f"{PREFIX}/at/{site}/deliveries/person/{found}", HTTPStatus.SEE_OTHER)
    except AddressInvalid:
        error = "search_wrong"
    address = form.one("address")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error == "search_wrong" else HTTPStatus.NOT_FOUND
    return edge.desk.page("person_missing", here, status=status, address=address, error=error)


@router.api_route("/person/{subscriber}", methods=LOOKING)
def show_person(request: Request, edge: Here, entered: Editor, site: str, subscriber: int) -> Response:
    """Everything they were sent or spared, and why."""
    here, ours = scene(edge, entered, "deliveries", site), site_id(edge, site)
    before = number(request, "before")
    told = deliveries.person(edge.parts, ours, subscriber, entered.seat.actor, edge.clock(), before)
    if told is None:
        raise missing()
    onward = told.fates[-1].delivery_id if len(told.fates) == FATES else 0
    return edge.desk.page("person", here, told=told, reader=told.subscriber, onward=onward, key=sends.SendKey)


@router.post("/{send}/retry")
def retry(edge: Here, entered: Editor, form: Form, site: str, send: str) -> Response:
    """Queue failed letters again: those that were ticked, or all of one reason; asks first."""
    here, ours = scene(edge, entered, "deliveries", site), site_id(edge, site)
    reason = form.one("reason")
    chosen = Chosen(
        the_send(edge, ours, send),
        None if form.one("every") else tuple(sorted({found for one in form.many("letter") if (found := whole(one))})),
        Reason(reason) if reason in set(Reason) else None,
    )
    if form.one("is_sure"):
        count = deliveries.retry(edge.parts, ours, chosen, entered.seat.actor, edge.clock())
        return RedirectResponse(f"{PREFIX}/at/{site}/deliveries/{send}?retried={count}", HTTPStatus.SEE_OTHER)
    with edge.parts.db.reading() as session:
        count = deliveries.retriable(session, ours, chosen, edge.clock())
    return edge.desk.page("retry", here, send=chosen.send, chosen=chosen, count=count)
