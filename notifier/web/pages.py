"""The subscribe page: the box, and the one answer it gives."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from notifier import readers
from notifier.consent.signup import Invalid, SignUpForm
from notifier.domain.words import Frequency
from notifier.web import places
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import Voice
from notifier.web.places import Offer, Place
from notifier.web.problems import Problem
from notifier.web.wire import Typed, is_clean

router = APIRouter(include_in_schema=False)

HONEYPOT = "website"
"""A field that people do not see and programs fill in."""


@dataclass(frozen=True, slots=True)
class _Box:
    """What the subscribe page of a site offers: its sections, or one discussion."""

    place: Place
    offers: tuple[Offer, ...]
    thread: str


@router.api_route("/{site}/subscribe", methods=LOOKING)
def show_box(request: Request, edge: Here, site: str) -> Response:
    """The box; `?thread=<guid>` follows a discussion, `?topic=category:…` ticks a section beforehand."""
    box = _box(edge, site, request.query_params.get("thread", ""))
    return _page(request, edge, box, Typed(tuple(request.query_params.multi_items())))


@router.post("/{site}/subscribe")
def take_box(request: Request, edge: Here, form: Form, site: str) -> Response:
    """Note the sign-up; the answer is the same whatever is known of the address.

    Other sites embed this form and no cookie stands behind it, so a rate limit and a honeypot guard it.
    """
    box = _box(edge, site, form.one("thread"))
    speaks = voice(request, edge, box.place.face)
    now, ip = edge.clock(), edge.proxies.client_ip(request)
    if not edge.signup_limit.allows(ip, now):
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers={"Retry-After": "3600"}, face=box.place.face
        )
    if not form.one(HONEYPOT):
        try:
            readers.request_signup(edge.parts, _sign_up(request, edge, box, form, speaks, ip), now)
        except Invalid as refusal:
            return _page(request, edge, box, form, refusal)
    return edge.look.page("sent", speaks)


def _box(edge: Edge, slug: str, guid: str) -> _Box:
    if not is_clean(slug + guid):
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    with edge.parts.db.reading() as session:
        place = places.by_slug(session, slug)
        if place is None:
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_site")
        if not guid:
            return _Box(place, places.offers(session, place.id), "")
        thread = places.thread(session, place.id, guid)
    if thread is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_topics", face=place.face)
    return _Box(place, (thread,), guid)


def _sign_up(request: Request, edge: Edge, box: _Box, form: Typed, speaks: Voice, ip: str) -> SignUpForm:
    chosen = tuple(offer.topic for offer in box.offers) if box.thread else form.many("topic")
    return SignUpForm(
        site=box.place.face.slug,
        address=form.one("address"),
        topics=chosen,
        frequency=form.one("frequency"),
        # Unasked, the site's own language: its letters may speak more languages than these pages.
        language=edge.look.sentences.supported(request.query_params.get("lang")) or "",
        source="thread" if box.thread else "form",
        ip=ip,
        wording=edge.look.sentences.plain(speaks.language, "consent", site=box.place.face.name),
    )


def _page(request: Request, edge: Edge, box: _Box, form: Typed, refusal: Invalid | None = None) -> Response:
    speaks = voice(request, edge, box.place.face)
    default = Frequency.INSTANT if box.thread else Frequency.DAILY
    return edge.look.page(
        "subscribe",
        speaks,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        box=box,
        chosen=form.many("topic") if len(box.offers) > 1 else [offer.topic for offer in box.offers],
        frequency=form.one("frequency") or default,
        frequencies=list(Frequency),
        address=form.one("address") if refusal else "",
        error=refusal,
        honeypot=HONEYPOT,
        languages=_languages(edge, box),
    )


def _languages(edge: Edge, box: _Box) -> list[tuple[str, str]]:
    """The page's other faces: every language of its pages that the site's letters can speak too."""
    sentences = edge.look.sentences
    spoken = [language for language in sentences.languages if language in edge.parts.renderer.languages]
    names = [(language, sentences.plain(language, "language_name")) for language in spoken]
    return names if len(names) > 1 and not box.thread else []
