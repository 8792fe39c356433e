"""The subscribe page: the box, and the one answer it gives."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from notifier.consent.signup import Invalid
from notifier.domain import topics
from notifier.domain.words import Frequency
from notifier.web import boxes
from notifier.web.asking import Better, Filled, ask
from notifier.web.boxes import Asked, Box
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.places import Place
from notifier.web.problems import Problem
from notifier.web.shield import STAMP, Attempt, Trial, Verdict
from notifier.web.wire import Typed, is_clean

router = APIRouter(include_in_schema=False)

TICKED: Final = "ticked"
"""Hidden fields that name what the page had ticked; one without a name where that is nothing."""
HONEYPOT: Final = "website"
"""A field that people do not see and programs fill in."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a filled form is shown again, and what is asked beside it."""

    field: str
    key: str
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
    better: str = ""
    """What the address was most likely meant to be."""
    retry_after_s: int = 0


_FAULTS: Final = {
    Verdict.AGAIN: _Fault("form", "press_again"),
    Verdict.LIMITED: _Fault("form", "error_too_many", HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=3600),
    Verdict.BUSY: _Fault("form", "error_crowded", HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=60),
}


@router.api_route("/{site}/subscribe", methods=LOOKING)
def show_box(request: Request, edge: Here, site: str) -> Response:
    """The box.

    `?thread=<guid>` follows a discussion, `&categories=…` offers its sections beside it, `?topic=category:…` ticks one.
    """
    query = Typed(tuple(request.query_params.multi_items()))
    return _page(request, edge, _box(edge, site, query), query)


@router.post("/{site}/subscribe")
async def take_box(request: Request, edge: Here, form: Form, site: str) -> Response:
    """Note the sign-up; the answer is the same whatever is known of the address.

    Other sites embed this form and no cookie stands behind it: a stamp, a honeypot and budgets guard it.
    """
    place = await boxes.site_soon(edge, site)
    if form.one(HONEYPOT):
        return _sent(request, edge, place)
    ip, now = edge.proxies.client_ip(request), edge.clock()

    def prove(address: str) -> Trial | None:
        return edge.shield.plain(Attempt(place.id, ip, address, stamp=form.one(STAMP)), now)

    try:
        fault = _FAULTS.get(await ask(edge, place, _filled(request, edge, place, form, ip), prove))
    except Invalid as refusal:
        fault = _Fault(refusal.field, refusal.key)
    except Better as found:
        fault = _Fault("address", "address_better", better=found.address)
    if fault is None:
        return _sent(request, edge, place)
    return await run_in_threadpool(_again, request, edge, site, form, fault)


def _box(edge: Edge, slug: str, typed: Typed) -> Box:
    asked = Asked.of(typed.one("thread"), typed.one("categories"))
    place = boxes.site(edge, slug)
    box = boxes.box(edge, place, asked)
    if asked.thread and not box.is_thread and not asked.categories:
        known = is_clean(asked.thread)
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_topics" if known else "error_not_found", face=place.face)
    return box


def _again(request: Request, edge: Edge, slug: str, form: Typed, fault: _Fault) -> Response:
    answer = _page(request, edge, _box(edge, slug, form), form, fault)
    if fault.retry_after_s:
        answer.headers["Retry-After"] = str(fault.retry_after_s)
    return answer


def _filled(request: Request, edge: Edge, place: Place, form: Typed, ip: str) -> Filled:
    return Filled(
        address=form.one("address"),
        topics=_topics(form),
        frequency=form.one("frequency"),
        typo=form.one("typo"),
        # Unasked, the site's own language: its letters may speak more languages than these pages.
        language=edge.look.sentences.supported(request.query_params.get("lang")) or "",
        spoken=voice(request, edge, place.face).language,
        source="thread" if form.one("thread").strip() else "form",
        ip=ip,
        ticked=form.many(TICKED),
    )


def _topics(form: Typed) -> tuple[str, ...]:
    thread = form.one("thread").strip()
    # A form that a site makes itself about one discussion has nothing to tick; our page's says what was ticked.
    is_alone = thread and not (form.one("categories") or form.many(TICKED))
    return (topics.thread(thread),) if is_alone else form.many("topic")


def _sent(request: Request, edge: Edge, place: Place) -> Response:
    return edge.look.still("sent", voice(request, edge, place.face))


def _page(request: Request, edge: Edge, box: Box, form: Typed, fault: _Fault | None = None) -> Response:
    speaks = voice(request, edge, box.place.face)
    default = Frequency.INSTANT if box.is_thread else Frequency.DAILY
    chosen = _topics(form) if fault else form.many("topic") or box.wanted
    ticked = form.many(TICKED) if fault else [one.topic for one in box.offers if one.topic in chosen]
    is_kept = fault is not None and fault.key != "press_again"
    return edge.look.page(
        "subscribe",
        speaks,
        status=fault.status if fault else HTTPStatus.OK,
        box=box,
        chosen=chosen,
        ticked=ticked or [""],
        frequency=form.one("frequency") or default,
        frequencies=list(Frequency),
        address=form.one("address") if fault else "",
        error=fault,
        honeypot=HONEYPOT,
        # A slip shall not make anybody wait again: the stamp of the first page goes on.
        stamp=(is_kept and form.one(STAMP)) or edge.shield.stamp(box.place.id, edge.clock()),
    )
