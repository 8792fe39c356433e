"""The pages behind a letter's links: confirm, unsubscribe, undo, view. GET looks, POST acts, twice changes no more."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, PlainTextResponse

from notifier import archive, own_data, readers
from notifier.consent.confirmation import Confirmation
from notifier.consent.goodbyes import Return
from notifier.consent.links import PARTIAL, PREFERENCES, UNSUBSCRIBE, WORDS_MAX, Because, Farewell, LinkView, Scope
from notifier.consent.undoing import Undo
from notifier.consent.vetoes import Veto
from notifier.domain.text.clean import clean
from notifier.domain.words import LetterKind
from notifier.web import boxes, places
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import LETTER_CSP, PLAIN_HEADERS
from notifier.web.problems import Problem
from notifier.web.shield import Verdict
from notifier.web.wire import Typed

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
    ip, now = edge.proxies.client_ip(request), edge.clock()
    ended = readers.unsubscribe(edge.parts, token, Scope(scope), ip, now, _farewell(form))
    if is_one_click:
        return _one_click_answer(request, edge, token)
    if ended is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, ended.site_id).face
    return edge.look.page(
        "unsubscribed",
        voice(request, edge, face, ended.language),
        done=ended,
        scope=scope,
        undo=ended.undo.token(edge.parts.signer) if ended.undo else "",
        undo_path=f"/u/{token}/undo",
        more=_preferences(edge, token),
    )


@router.post("/u/{token}/undo")
def take_back(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Take back what the button has just done, for a day; no new confirmation, for the consent was there."""
    link = readers.read_link(edge.parts, UNSUBSCRIBE, token)
    if link is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    now = edge.clock()
    what = Undo.read(edge.parts.signer, form.one("undo"), now)
    is_theirs = what is not None and what.subscriber_id == link.subscriber_id
    is_late = not is_theirs
    if is_theirs and what is not None:
        readers.undo(edge.parts, what, edge.proxies.client_ip(request), now)
    with edge.parts.db.reading() as session:
        face = places.by_id(session, link.site_id).face
    return edge.look.page(
        "undone",
        voice(request, edge, face, link.language),
        status=HTTPStatus.GONE if is_late else HTTPStatus.OK,
        is_late=is_late,
        more=_preferences(edge, token),
    )


@router.api_route("/undo/{token}", methods=LOOKING)
def ask_undo(request: Request, edge: Here, token: str) -> Response:
    """What would come back, and a button."""
    return _goodbye_page(request, edge, readers.read_goodbye(edge.parts, token, edge.clock()), "ask")


@router.post("/undo/{token}")
def undo(request: Request, edge: Here, token: str) -> Response:
    """Bring it back."""
    found = readers.come_back(edge.parts, token, edge.proxies.client_ip(request), edge.clock())
    return _goodbye_page(request, edge, found, "done")


@router.api_route("/not-me/{token}", methods=LOOKING)
def ask_veto(request: Request, edge: Here, token: str) -> Response:
    """What "this was not me" would stop, and a button."""
    return _veto_page(request, edge, own_data.look_at_veto(edge.parts, token, edge.clock()))


@router.post("/not-me/{token}")
def veto(request: Request, edge: Here, token: str) -> Response:
    """Stop it, or take it back."""
    found = own_data.veto(edge.parts, token, edge.proxies.client_ip(request), edge.clock())
    return _veto_page(request, edge, found)


@router.api_route("/v/{token}", methods=LOOKING)
def view_letter(request: Request, edge: Here, token: str) -> Response:
    """A letter in the browser, without anything personal; one that went to a list offers the address to share."""
    html = readers.view_letter(edge.parts, token)
    if html is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    slug, public_id = archive.share_of(edge.parts, token)
    if public_id:
        shared = f"{edge.parts.settings.base_url}/{slug}/letter/{public_id}"
        speaks = voice(request, edge, boxes.site(edge, slug).face)
        html = edge.look.letter(html, "", "letter_foot", speaks, shared=shared)
    return HTMLResponse(html, headers={**PLAIN_HEADERS, "Content-Security-Policy": LETTER_CSP})


def _confirmation_page(request: Request, edge: Edge, found: Confirmation | None, token: str, stage: str) -> Response:
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    is_gone = not found.is_used and (found.is_expired or found.is_barred)
    now_at = "used" if found.is_used else "expired" if found.is_expired else "barred" if found.is_barred else stage
    return edge.look.page(
        "confirm",
        voice(request, edge, face, found.language),
        status=HTTPStatus.GONE if is_gone else HTTPStatus.OK,
        stage=now_at,
        topics=found.topics,
        again=f"/confirm/{token}/again" if found.may_ask_again else "",
    )


def _goodbye_page(request: Request, edge: Edge, found: Return | None, stage: str) -> Response:
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    # Who is back already sees that they are, however old the link is.
    now_at = "done" if found.is_used else "expired" if found.is_expired else stage
    status = HTTPStatus.GONE if now_at == "expired" else HTTPStatus.OK
    speaks = voice(request, edge, face, found.language)
    return edge.look.page("goodbye", speaks, status=status, stage=now_at, topics=found.topics)


def _veto_page(request: Request, edge: Edge, found: Veto | None) -> Response:
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    stage = "done" if found.is_used else "expired" if found.is_expired else "taken" if found.is_taken else "ask"
    status = HTTPStatus.GONE if stage in {"expired", "taken"} else HTTPStatus.OK
    return edge.look.page("not_me", voice(request, edge, face, found.language), status=status, stage=stage)


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
        is_issue=link.letter_kind is LetterKind.ISSUE,
        is_gone=link.is_gone,
        kind=link.letter_kind if link.is_kind_wider else "",
        reasons=list(Because),
        words_max=WORDS_MAX,
        more=_preferences(edge, token),
        error=error,
    )


def _is_of_letter(link: LinkView) -> bool:
    """Whether ending "what this letter came from" is less than ending everything."""
    return not link.is_gone and link.letter_kind in PARTIAL | {LetterKind.ISSUE}


def _farewell(form: Typed) -> Farewell:
    because, words = form.one("because"), clean(form.one("words"))
    return Farewell(because=Because(because) if because in set(Because) else None, words=words[:WORDS_MAX])


def _preferences(edge: Edge, token: str) -> str:
    """The reader's preference page as the letter itself leads to it: of the generation that it was mailed in."""
    ids = edge.parts.signer.read(UNSUBSCRIBE, token) or (0,)
    return f"/{PREFERENCES}/{edge.parts.signer.sign(PREFERENCES, ids[0], *ids[2:])}"


def _one_click_answer(request: Request, edge: Edge, token: str) -> Response:
    # A link that we signed is answered 200 even when the reader is gone: there is nothing left to send them.
    if edge.parts.signer.read(UNSUBSCRIBE, token) is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    speaks = voice(request, edge)
    return PlainTextResponse(edge.look.sentences.plain(speaks.language, "one_click_done"), headers=PLAIN_HEADERS)
