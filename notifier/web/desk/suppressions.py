"""Whom the site does not write to: the list, one address or domain, and what editors do about them."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse

from notifier import suppressions
from notifier.domain.address import AddressInvalid
from notifier.domain.tokens import is_hash
from notifier.sources import barred
from notifier.sources.lists import BLOCK, ListError, Opened
from notifier.web.desk.csv_file import csv_file
from notifier.web.desk.gate import PREFIX, Editor, Entered, scene
from notifier.web.desk.held import told
from notifier.web.desk.place import path, site_of
from notifier.web.desk.uploads import Sent, Uploader
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem
from notifier.web.wire import BARRED_BYTES_MAX, Typed

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/suppressions", include_in_schema=False)
_HEAD: Final = ("who", "reason", "source", "since")
_IMPORTED: Final = "imported"
_ID_DIGITS: Final = 18


@router.api_route("", methods=LOOKING)
def show(  # noqa: PLR0913, PLR0917 - a parameter a field of the page's address
    edge: Here, entered: Editor, site: str, kind: str = "", before: str = "", added: str = "", wrong: str = ""
) -> Response:
    """A page of those in force, the newest first; or of the domains among them."""
    brought = (_number(added), _number(wrong)) if added else None
    return _list(edge, entered, site, kind=kind, before=_number(before), brought=brought)


@router.post("")
def add(edge: Here, entered: Editor, site: str, form: Form) -> Response:
    """Never write to an address or a domain again."""
    who, site_id = form.one("who"), site_of(edge, site).id
    try:
        suppressions.add(edge.parts, site_id, who, form.one("reason"), entered.seat.actor, edge.clock())
        return _to(edge, site, who)
    except AddressInvalid:
        return _list(edge, entered, site, error="who_wrong", typed=form)


@router.post("/find")
def find(edge: Here, entered: Editor, site: str, form: Form) -> Response:
    """What is known of an address or a domain: by POST, so that no address stands in an address."""
    try:
        return _to(edge, site, form.one("who"))
    except AddressInvalid:
        return _list(edge, entered, site, error="who_wrong", sought=form.one("who"))


@router.api_route("/export.csv", methods=LOOKING)
def export(edge: Here, entered: Editor, site: str) -> Response:
    """All in force, as they are read: domains by name, addresses by hash."""
    site_id = site_of(edge, site).id
    with edge.parts.db.writing() as session:
        suppressions.note_export(session, site_id, entered.seat.actor, edge.clock())
    rows = (
        (suppressions.name_of(one), one.reason, one.source, one.at) for one in suppressions.every(edge.parts, site_id)
    )
    return csv_file("suppressions", _HEAD, rows)


@router.post("/import")
def bring(edge: Here, entered: Uploader, file: Sent, site: str) -> Response:
    """Suppress all whom a list names."""
    site_id = site_of(edge, site).id
    if file is None:
        return _list(edge, entered, site, error="no_file")
    try:
        rows = barred.read(_opened(file))
        done = suppressions.bring(edge.parts, site_id, rows, _IMPORTED, entered.seat.actor, edge.clock())
    except ListError:
        return _list(edge, entered, site, error="list_wrong")
    return RedirectResponse(path(site, f"/suppressions?added={done.added}&wrong={done.wrong}"), HTTPStatus.SEE_OTHER)


@router.api_route("/{who}", methods=LOOKING)
def one(edge: Here, entered: Editor, site: str, who: str) -> Response:
    """An address by its hash, or a domain by name: suppressed or not, and what is held against it."""
    return _one(edge, entered, site, who)


@router.post("/{who}/suppress")
def suppress(edge: Here, entered: Editor, site: str, who: str, form: Form) -> Response:
    """Never write to it again."""
    why, by = form.one("reason"), entered.seat.actor
    return _done(edge, site, who, lambda of: suppressions.add(edge.parts, of, who, why, by, edge.clock()))


@router.post("/{who}/lift")
def lift(edge: Here, entered: Editor, site: str, who: str, form: Form) -> Response:
    """Let it be written to again; not without a reason."""
    why, by = form.one("reason").strip(), entered.seat.actor
    if not why:
        return _one(edge, entered, site, who, "no_reason")
    return _done(edge, site, who, lambda of: suppressions.lift(edge.parts, of, who, why, by, edge.clock()))


@router.post("/{who}/forget")
def forget(edge: Here, entered: Editor, site: str, who: str) -> Response:
    """Hold nothing against it any more."""
    by = entered.seat.actor
    return _done(edge, site, who, lambda of: suppressions.forget(edge.parts, of, who, by, edge.clock()))


def _to(edge: Edge, slug: str, who: str) -> Response:
    with edge.parts.db.reading() as session:
        name = suppressions.shown_as(session, site_of(edge, slug).id, who)
    return RedirectResponse(path(slug, f"/suppressions/{name}"), HTTPStatus.SEE_OTHER)


def _done(edge: Edge, slug: str, who: str, do: Callable[[int], bool]) -> Response:
    try:
        name = _spoken(who)
        do(site_of(edge, slug).id)
        return _to(edge, slug, name)
    except AddressInvalid:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None


def _spoken(who: str) -> str:
    """What may stand in a page's address: a hash or a domain. Raises AddressInvalid."""
    if not is_hash(who) and not who.startswith("@"):
        raise AddressInvalid("address")
    return who


def _one(edge: Edge, entered: Entered, slug: str, who: str, error: str = "") -> Response:
    here, site = scene(edge, entered, "subscribers", slug), site_of(edge, slug)
    try:
        with edge.parts.db.reading() as session:
            found = suppressions.about(session, site.id, _spoken(who))
            name = suppressions.shown_as(session, site.id, who)
    except AddressInvalid:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return edge.desk.page(
        "suppression", here, status=status, found=found, name=name, error=error, words=_words(edge, entered),
        **told(edge, found.held),
    )  # fmt: skip


def _list(  # noqa: PLR0913 - what a page shows beside the list
    edge: Edge, entered: Entered, slug: str, *, kind: str = "", before: int = 0, error: str = "",
    typed: Typed | None = None, sought: str = "", brought: tuple[int, int] | None = None,
) -> Response:  # fmt: skip
    here, site = scene(edge, entered, "subscribers", slug), site_of(edge, slug)
    is_short = kind == "domains"
    with edge.parts.db.reading() as session:
        rows = suppressions.page(session, site.id, before, domains_only=is_short)
    values: dict[str, Any] = {
        "typed": typed or Typed(()), "sought": sought, "brought": brought, "words": _words(edge, entered),
        "onward": rows[-1].id if len(rows) == suppressions.PAGE else 0, "megabytes": BARRED_BYTES_MAX // 1_000_000,
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return edge.desk.page("suppressions", here, status=status, rows=rows, is_short=is_short, error=error, **values)


def _words(edge: Edge, entered: Entered) -> frozenset[str]:
    """The reasons and sources that there are words for; others are shown as they are."""
    return frozenset(edge.desk.strings.keys(entered.seat.language))


def _opened(file: UploadFile) -> Opened:
    def blocks() -> Iterable[bytes]:
        file.file.seek(0)
        return iter(lambda: file.file.read(BLOCK), b"")

    return blocks


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _ID_DIGITS else 0
