"""The pages that make letters about comments quiet: GET shows one button and what else there is, POST acts."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from notifier import readers
from notifier.consent.links import UNSUBSCRIBE, LinkView
from notifier.consent.mutes import OF_COMMENTS, Muting
from notifier.domain.text.dates import Dates
from notifier.web import places
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import Voice
from notifier.web.problems import Problem

router = APIRouter(include_in_schema=False)

LASTS: Final = {"7": timedelta(days=7), "30": timedelta(days=30)}
"""How long a mute may last, in days; anything else is until its reader undoes it."""


@router.api_route("/u/{token}/mute/{how}", methods=LOOKING)
def ask(request: Request, edge: Here, token: str, how: str) -> Response:
    """What would be muted, a button for it, and buttons for more and for less."""
    link, wanted = _link(edge, token), _muting(how)
    offers = readers.mute_offers(edge.parts, link)
    # Of a letter that is not known any more only all can be muted.
    shown = wanted if wanted in offers else Muting.ALL
    return edge.look.page("mute", _voice(request, edge, link), how=shown, offers=offers, lengths=list(LASTS))


@router.post("/u/{token}/mute/{how}")
def act(request: Request, edge: Here, form: Form, token: str, how: str) -> Response:
    """Mute what was asked for, or undo it."""
    link, wanted = _link(edge, token), _muting(how)
    ip, now = edge.proxies.client_ip(request), edge.clock()
    speaks = _voice(request, edge, link)
    if whats := form.many("undo"):
        undone = readers.unmute(edge.parts, link.subscriber_id, whats, ip, now)
        return edge.look.page("unmuted", speaks, undone=undone)
    lasts = LASTS.get(form.one("days"))
    done = readers.mute(edge.parts, link, _muting(form.one("how") or wanted), ip, now, lasts)
    if not done:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return edge.look.page("muted", speaks, done=done, until=_day(speaks, now + lasts) if lasts else "")


def _day(speaks: Voice, at: datetime) -> str:
    assert speaks.face, "the page of a site"  # noqa: S101 - for mypy
    face = speaks.face
    return Dates(speaks.language, face.digits, face.time_zone, face.calendar).day(at)


def _link(edge: Edge, token: str) -> LinkView:
    found = readers.read_link(edge.parts, UNSUBSCRIBE, token)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return found


def _muting(how: str) -> Muting:
    if how not in OF_COMMENTS:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return Muting(how)


def _voice(request: Request, edge: Edge, link: LinkView) -> Voice:
    with edge.parts.db.reading() as session:
        face = places.by_id(session, link.site_id).face
    return voice(request, edge, face, link.language)
