"""The pages behind a letter's links: confirm, unsubscribe, view. GET looks, POST acts, twice is as good as once."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, PlainTextResponse

from notifier import readers
from notifier.consent.confirmation import Confirmation
from notifier.consent.links import PARTIAL, UNSUBSCRIBE, LinkView, Scope
from notifier.web import places
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import LETTER_CSP, PLAIN_HEADERS
from notifier.web.problems import Problem
from notifier.web.shield import Verdict

router = APIRouter(include_in_schema=False)

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""The field of an RFC 8058 request."""


@router.api_route("/confirm/{token}", methods=LOOKING)
def ask_confirmation(request: Request, edge: Here, token: str) -> Response:
    """What would be confirmed, and a button; a link that was used or has expired explains itself."""
    found = readers.peek_confirmation(edge.parts, token, edge.clock())
    return _confirmation_page(request, edge, found, token, "ask")


@router.post("/confirm/{token}")
def confirm(request: Request, edge: Here, token: str) -> Response:
    """Use the token."""
    found = readers.confirm(edge.parts, token, edge.proxies.client_ip(request), edge.clock())
    return _confirmation_page(request, edge, found, token, "done")


@router.post("/confirm/{token}/again")
def confirm_again(request: Request, edge: Here, token: str) -> Response:
    """Send a new confirmation to the address of a link that does not work any longer, and never say which it is."""
    now, ip = edge.clock(), edge.proxies.client_ip(request)
    found = readers.peek_confirmation(edge.parts, token, now)
    if found is None or not found.may_ask_again:
        return _confirmation_page(request, edge, found, token, "ask")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    if edge.shield.judge_again(ip, now) is Verdict.LIMITED:
        again = {"Retry-After": "3600"}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers=again, face=face)
    readers.confirm_again(edge.parts, token, ip, now)
    return edge.look.page("sent", voice(request, edge, face, found.language))


@router.api_route("/u/{token}", methods=LOOKING)
def ask_unsubscribe(request: Request, edge: Here, token: str) -> Response:
    """What may be ended, and a button."""
    return _unsubscribe_page(request, edge, token)


@router.post("/u/{token}")
def unsubscribe(request: Request, edge: Here, form: Form, token: str) -> Response:
    """End subscriptions; also the one-click request of a mail client (RFC 8058), which gets no page."""
    is_one_click = form.one(ONE_CLICK[0]).lower() == ONE_CLICK[1].lower()
    scope = Scope.LETTER.value if is_one_click else form.one("scope")
    if scope not in set(Scope):
        return _unsubscribe_page(request, edge, token, error="invalid_scope")
    ended = readers.unsubscribe(edge.parts, token, Scope(scope), edge.proxies.client_ip(request), edge.clock())
    if is_one_click:
        return _one_click_answer(request, edge, token)
    if ended is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, ended.site_id).face
    return edge.look.page("unsubscribed", voice(request, edge, face, ended.language), done=ended, scope=scope)


@router.api_route("/v/{token}", methods=LOOKING)
def view_letter(edge: Here, token: str) -> Response:
    """A letter in the browser, without anything personal."""
    html = readers.view_letter(edge.parts, token)
    if html is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return HTMLResponse(html, headers={**PLAIN_HEADERS, "Content-Security-Policy": LETTER_CSP})


def _confirmation_page(request: Request, edge: Edge, found: Confirmation | None, token: str, stage: str) -> Response:
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    is_gone = found.is_expired and not found.is_used
    return edge.look.page(
        "confirm",
        voice(request, edge, face, found.language),
        status=HTTPStatus.GONE if is_gone else HTTPStatus.OK,
        stage="used" if found.is_used else "expired" if found.is_expired else stage,
        topics=found.topics,
        again=f"/confirm/{token}/again" if found.may_ask_again else "",
    )


def _unsubscribe_page(request: Request, edge: Edge, token: str, error: str = "") -> Response:
    link = readers.read_link(edge.parts, UNSUBSCRIBE, token)
    if link is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, link.site_id).face
    return edge.look.page(
        "unsubscribe",
        voice(request, edge, face, link.language),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        topics=link.topics,
        is_of_letter=_is_of_letter(link),
        error=error,
    )


def _is_of_letter(link: LinkView) -> bool:
    """Whether ending "what this letter came from" is less than ending everything."""
    return bool(link.topics) and link.letter_kind in PARTIAL


def _one_click_answer(request: Request, edge: Edge, token: str) -> Response:
    # A link that we signed is answered 200 even when the reader is gone: there is nothing left to send them.
    if edge.parts.signer.read(UNSUBSCRIBE, token) is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    speaks = voice(request, edge)
    return PlainTextResponse(edge.look.sentences.plain(speaks.language, "one_click_done"), headers=PLAIN_HEADERS)
