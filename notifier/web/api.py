"""The JSON API: items in, receipts out. A receipt means committed; letters follow by themselves."""

from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.encoders import jsonable_encoder
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import JSONResponse

from notifier import flow
from notifier.domain.items import NewItem, Receipt
from notifier.models import Item, ItemTopic, Topic
from notifier.web import problems
from notifier.web.answers import error_body
from notifier.web.bodies import GUID_MAX, Bulk, BulkAnswer, ItemBody, ReceiptBody, Refusal, StoredItem
from notifier.web.edge import Here
from notifier.web.keys import Reader, Writer
from notifier.web.problems import Problem
from notifier.web.wire import is_clean

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal} for status in (400, 401, 403, 404, 409, 413, 422)
}
router = APIRouter(prefix="/api/v1/sites/{site}", tags=["items"], responses=REFUSALS)


@router.put("/items/{guid:path}", response_model=ReceiptBody, responses={201: {"model": ReceiptBody}})
def put_item(edge: Here, caller: Writer, guid: str, body: Annotated[dict[str, Any], Body()]) -> JSONResponse:
    """Store an article or a comment: 201 when it is new, 200 otherwise, 409 when it was refused.

    Idempotent: the same `version` twice changes nothing, an older one is `stale`.
    """
    if body.setdefault("guid", guid) != guid:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "error_guid_differs", field="guid")
    (receipt,) = _ingest(edge, caller, [_checked(body).item()])
    if receipt.outcome == "refused":
        raise _refused(edge, receipt)
    status = HTTPStatus.CREATED if receipt.outcome == "created" else HTTPStatus.OK
    return _answer(ReceiptBody.of(receipt), status)


@router.post("/items", status_code=207, response_model=BulkAnswer)
def post_items(request: Request, edge: Here, caller: Writer, body: Bulk) -> JSONResponse:
    """Store up to 500 items; each has its own receipt or error, in the order they came."""
    checked = [_checked_or_problem(raw) for raw in body.items]
    receipts = iter(_ingest(edge, caller, [item for item in checked if isinstance(item, NewItem)]))
    answers = [
        _receipt_body(request, edge, next(receipts))
        if isinstance(item, NewItem)
        else _refusal_body(request, edge, raw, item)
        for raw, item in zip(body.items, checked, strict=True)
    ]
    return _answer(BulkAnswer(receipts=answers), HTTPStatus.MULTI_STATUS)


@router.delete("/items/{guid:path}", response_model=ReceiptBody)
def delete_item(edge: Here, caller: Writer, guid: str) -> JSONResponse:
    """Retract an item: letters that have not left leave it out. Twice changes nothing."""
    receipt = flow.retract_item(edge.parts, caller.site_id, _known_form(guid), edge.clock())
    if receipt is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_item", field="guid")
    return _answer(ReceiptBody.of(receipt))


@router.get("/items/{guid:path}", response_model=StoredItem)
def get_item(edge: Here, caller: Reader, guid: str) -> JSONResponse:
    """An item as it is kept."""
    with edge.parts.db.reading() as session:
        item = session.scalar(select(Item).where(Item.site_id == caller.site_id, Item.guid == _known_form(guid)))
        if item is None:
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_item", field="guid")
        names = session.scalars(
            select(Topic.name)
            .join(ItemTopic, ItemTopic.topic_id == Topic.id)
            .where(ItemTopic.item_id == item.id)
            .order_by(Topic.id)
        ).all()
        return _answer(StoredItem.of(item, list(names)))


@router.get("/status", tags=["status"], response_model=dict[str, Any])
def get_status(edge: Here, caller: Reader) -> JSONResponse:
    """The balance of the site's letters: planned = queued + sending + sent + failed + dropped + expired."""
    found = flow.status(edge.parts, caller.site_id)
    return _answer({**asdict(found), "is_balanced": found.balance.is_balanced})


def _ingest(edge: Here, caller: Writer, items: Sequence[NewItem]) -> list[Receipt]:
    return list(flow.ingest_items(edge.parts, caller.site_id, items, edge.clock())) if items else []


def _checked(raw: object) -> ItemBody:
    try:
        return ItemBody.model_validate(raw)
    except ValidationError as error:
        raise problems.of_validation(error.errors()[0]) from error


def _checked_or_problem(raw: object) -> NewItem | Problem:
    try:
        return _checked(raw).item()
    except Problem as problem:
        return problem


def _known_form(guid: str) -> str:
    if not is_clean(guid) or len(guid) > GUID_MAX:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_item", field="guid")
    return guid


def _refused(edge: Here, receipt: Receipt) -> Problem:
    key = receipt.error if edge.look.sentences.has(receipt.error) else "refused"
    return Problem(HTTPStatus.CONFLICT, key, field="guid")


def _receipt_body(request: Request, edge: Here, receipt: Receipt) -> ReceiptBody:
    body = ReceiptBody.of(receipt)
    if receipt.outcome == "refused":
        body.error = error_body(request, edge, _refused(edge, receipt))
    return body


def _refusal_body(request: Request, edge: Here, raw: object, problem: Problem) -> ReceiptBody:
    guid = raw.get("guid") if isinstance(raw, dict) else ""
    shown = guid if isinstance(guid, str) and is_clean(guid) else ""
    return ReceiptBody(guid=shown[:GUID_MAX], outcome="refused", error=error_body(request, edge, problem))


def _answer(body: object, status: int = HTTPStatus.OK) -> JSONResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return JSONResponse(jsonable_encoder(body), status, headers=headers)
