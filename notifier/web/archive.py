"""The public archive: pages and feeds of what was sent, the same for everybody and kept by caches."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from notifier import archive
from notifier.archive import Entry, Shelf
from notifier.domain.letter import SiteFace
from notifier.domain.text.dates import Dates
from notifier.web import boxes, places
from notifier.web.atom import KIND, Feed
from notifier.web.edge import LOOKING, Edge, Here, voice
from notifier.web.look import LETTER_CSP, Voice
from notifier.web.problems import Problem
from notifier.web.public import Public
from notifier.web.wire import is_clean

router = APIRouter(include_in_schema=False)

HEADLINES: Final = 5
_PUBLIC_ID: Final = re.compile("[0-9a-f]{32}")
_ID_DIGITS: Final = 18


@router.api_route("/{site}/archive.atom", methods=LOOKING)
def feed(request: Request, edge: Here, site: str) -> Response:
    """The newest letters of a site, as Atom (RFC 4287)."""
    return _feed(request, edge, site, "")


@router.api_route("/{site}/archive", methods=LOOKING)
def show(request: Request, edge: Here, site: str) -> Response:
    """The letters of a site, the newest first; `?before=` goes on with older ones."""
    return _page(request, edge, site, "")


@router.api_route("/{site}/archive/{category:path}.atom", methods=LOOKING)
def section_feed(request: Request, edge: Here, site: str, category: str) -> Response:
    """The same for one section."""
    return _feed(request, edge, site, category)


@router.api_route("/{site}/archive/{category:path}", methods=LOOKING)
def show_section(request: Request, edge: Here, site: str, category: str) -> Response:
    """The letters with something of one section."""
    return _page(request, edge, site, category)


@router.api_route("/{site}/letter/{public_id}", methods=LOOKING)
def letter(request: Request, edge: Here, site: str, public_id: str) -> Response:
    """One letter as it reads today: the address to share."""
    place = boxes.site(edge, site)
    speaks = voice(request, edge, place.face)
    wanted = request.query_params.get("lang", "")
    is_id = _PUBLIC_ID.fullmatch(public_id)
    found = archive.show(edge.parts, site, public_id, edge.look.sentences.supported(wanted) or "") if is_id else None
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "archive_gone" if is_id else "error_not_found", face=place.face)
    address = f"{edge.parts.settings.base_url}/{site}/letter/{public_id}"
    html = edge.look.letter(found.html, "letter_head", "letter_foot", speaks, url=address, letter=found, shared="")
    return Public(html.encode(), "text/html; charset=utf-8", found.is_indexed, csp=LETTER_CSP).answer(request)


def _shelf(edge: Edge, site: str, category: str) -> tuple[SiteFace, Shelf]:
    place = boxes.site(edge, site)
    found = archive.shelf(edge.parts, site, category) if is_clean(category) else None
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found", face=place.face)
    return place.face, found


def _page(request: Request, edge: Edge, site: str, category: str) -> Response:
    face, shelf = _shelf(edge, site, category)
    raw = request.query_params.get("before", "")
    before = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= _ID_DIGITS else 0
    entries, older = archive.page_of(edge.parts, shelf, before)
    with edge.parts.db.reading() as session:
        sections = [one for one in places.offers(session, shelf.site_id) if one.label]
    speaks = voice(request, edge, face)
    page = edge.look.page(
        "archive",
        speaks,
        shelf=shelf,
        letters=[(one, _when(speaks, one.at)) for one in entries],
        headlines=HEADLINES,
        sections=[(_path(site, one.topic.partition(":")[2]), one.label, one.label == shelf.label) for one in sections],
        path=_path(site, category),
        older=older,
        is_first=not before,
        robots="all" if shelf.is_indexed else "noindex, nofollow",
    )
    csp = page.headers["Content-Security-Policy"]
    return Public(bytes(page.body), "text/html; charset=utf-8", shelf.is_indexed, csp=csp).answer(request)


def _feed(request: Request, edge: Edge, site: str, category: str) -> Response:
    face, shelf = _shelf(edge, site, category)
    entries, _ = archive.page_of(edge.parts, shelf)
    path, base = _path(site, category), edge.parts.settings.base_url
    made = Feed(shelf, f"{base}{path}", f"{base}{path}.atom", f"{base}/{site}/letter")
    speaks = voice(request, edge, face)
    titles = [_title(edge, speaks, one) for one in entries]
    body = made.xml(edge.look, speaks, entries, titles)
    newest = max((one.updated_at for one in entries), default=None)
    return Public(body.encode(), KIND, shelf.is_indexed, modified_at=newest).answer(request)


def _title(edge: Edge, speaks: Voice, one: Entry) -> str:
    """An alert is called by its story, an issue by its title, a digest by its day."""
    if one.title or one.is_one_story:
        return one.title or one.stories[0].title
    kind = edge.look.sentences.plain(speaks.language, f"history_kind_{one.kind}")
    return f"{kind} · {_when(speaks, one.at)}"


def _when(speaks: Voice, at: datetime) -> str:
    assert speaks.face, "the page of a site"  # noqa: S101 - for mypy
    face = speaks.face
    return Dates(speaks.language, face.digits, face.time_zone, face.calendar).long(at)


def _path(site: str, category: str) -> str:
    return f"/{site}/archive/{quote(category, safe='')}" if category else f"/{site}/archive"
