"""One reader: what they get, how they agreed, what was noted; and what an editor or an owner may do about it."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Response
from starlette.responses import RedirectResponse

from notifier import subscribers
from notifier.consent.evidence import AFTERWARDS
from notifier.desk.tagging import TagsFullError
from notifier.domain.issues import KNOWN_SOURCES
from notifier.domain.text.locales import LANGUAGES
from notifier.subscribers import Edit
from notifier.web.desk.gate import PREFIX, Analyst, Editor, Entered, Owner, scene
from notifier.web.desk.held import told
from notifier.web.desk.place import may_see, path, seen_by, site_of
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/subscribers/{{reader}}", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst, site: str, reader: int) -> Response:
    """The profile."""
    return _page(edge, entered, site, reader)


@router.post("/edit")
def edit(edge: Here, entered: Editor, site: str, reader: int, form: Form) -> Response:
    """Put the name, the language or the time zone right."""
    wanted = Edit(form.one("name"), form.one("language"), form.one("time_zone"))

    def do(site_id: int) -> None:
        subscribers.edit(edge.parts, site_id, reader, wanted, entered.seat.actor, edge.clock())

    try:
        return _done(edge, site, reader, do)
    except ValueError:
        return _page(edge, entered, site, reader, "zone_wrong")


@router.post("/tag")
def tag(edge: Here, entered: Editor, site: str, reader: int, form: Form) -> Response:
    """Put a tag on them."""
    name = form.one("tag_name")

    def do(site_id: int) -> None:
        subscribers.tag(edge.parts, site_id, reader, name, entered.seat.actor, edge.clock())

    try:
        return _done(edge, site, reader, do)
    except TagsFullError:
        return _page(edge, entered, site, reader, "tags_full")


@router.post("/untag")
def untag(edge: Here, entered: Editor, site: str, reader: int, form: Form) -> Response:
    """Take one away."""
    name = form.one("tag_name")

    def do(site_id: int) -> None:
        subscribers.untag(edge.parts, site_id, reader, name, entered.seat.actor, edge.clock())

    return _done(edge, site, reader, do)


@router.post("/forget")
def forget(edge: Here, entered: Editor, site: str, reader: int) -> Response:
    """Hold nothing against their address any more."""

    def do(site_id: int) -> None:
        subscribers.forget_standing(edge.parts, site_id, reader, entered.seat.actor, edge.clock())

    return _done(edge, site, reader, do)


@router.post("/suppress")
def suppress(edge: Here, entered: Editor, site: str, reader: int, form: Form) -> Response:
    """Never write to them again."""
    why = form.one("reason")

    def do(site_id: int) -> None:
        subscribers.suppress(edge.parts, site_id, reader, why, entered.seat.actor, edge.clock())

    return _done(edge, site, reader, do)


@router.post("/lift")
def lift(edge: Here, entered: Editor, site: str, reader: int, form: Form) -> Response:
    """Let them be written to again; not without a reason."""
    why = form.one("reason").strip()
    if not why:
        return _page(edge, entered, site, reader, "no_reason")

    def do(site_id: int) -> None:
        subscribers.lift(edge.parts, site_id, reader, why, entered.seat.actor, edge.clock())

    return _done(edge, site, reader, do)


@router.post("/unsubscribe")
def unsubscribe(edge: Here, entered: Editor, site: str, reader: int) -> Response:
    """End all that they get."""

    def do(site_id: int) -> None:
        subscribers.unsubscribe(edge.parts, site_id, reader, entered.seat.actor, edge.clock())

    return _done(edge, site, reader, do)


@router.post("/note")
def note(edge: Here, entered: Editor, site: str, reader: int, form: Form) -> Response:
    """Write something down."""
    words = form.one("words")

    def do(site_id: int) -> None:
        subscribers.write_note(edge.parts, site_id, reader, words, entered.seat.actor, edge.clock())

    return _done(edge, site, reader, do)


@router.post("/erase")
def erase(edge: Here, entered: Owner, site: str, reader: int, form: Form) -> Response:
    """Forget them, once their address was typed."""
    site_id, typed = site_of(edge, site).id, form.one("address")
    try:
        is_erased = subscribers.erase(edge.parts, site_id, reader, typed, entered.seat.actor, edge.clock())
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    if not is_erased:
        return _page(edge, entered, site, reader, "address_other")
    return RedirectResponse(path(site, "/subscribers"), HTTPStatus.SEE_OTHER)


def _done(edge: Edge, slug: str, reader: int, do: Callable[[int], None]) -> Response:
    try:
        do(site_of(edge, slug).id)
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    return RedirectResponse(path(slug, f"/subscribers/{reader}"), HTTPStatus.SEE_OTHER)


def _page(edge: Edge, entered: Entered, slug: str, reader: int, error: str = "") -> Response:
    here, site = scene(edge, entered, "subscribers", slug), site_of(edge, slug)
    with edge.parts.db.reading() as session:
        found = subscribers.profile(session, site.id, reader)
        known = subscribers.tags(session, site.id)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return edge.desk.page(
        "subscriber", here, status=status, found=found, address=seen_by(entered, found.reader.address), error=error,
        may_act=may_see(entered), languages=list(LANGUAGES),
        sources=(*KNOWN_SOURCES, *AFTERWARDS), known_tags=known, **told(edge, found.held),
    )  # fmt: skip
