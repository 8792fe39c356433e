"""The site's readers: found, counted, added by an editor, and taken away as a list by an owner."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from notifier import exports, subscribers
from notifier.consent.adding import NewReader
from notifier.consent.signup import Invalid, SignUpForm
from notifier.desk import audit, searching
from notifier.desk.searching import STATES, Cut, Search
from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import ActKind
from notifier.domain.importing.plan import BASIS_MAX
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.tokens import is_hash
from notifier.domain.words import Frequency
from notifier.web.desk import sought
from notifier.web.desk.gate import PREFIX, Analyst, Editor, Entered, Owner, scene
from notifier.web.desk.place import may_see, path, seen_by, site_of
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.look import PLAIN_HEADERS
from notifier.web.wire import Typed, is_clean

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/subscribers", include_in_schema=False)
_KINDS: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Analyst, site: str, before: int = 0) -> Response:
    """A page of readers."""
    here, site_id = scene(edge, entered, "subscribers", site), site_of(edge, site).id
    given = sought.asked(edge, entered, site_id, request)
    search, now = _search(entered, given), edge.clock()
    with edge.parts.db.reading() as session:
        found = searching.page(session, site_id, search, now, Cut(max(0, before)))
        values: dict[str, Any] = {
            "topics": subscribers.topics_of(session, site_id), "tags": subscribers.tags(session, site_id),
        }  # fmt: skip
    rows = [(one, seen_by(entered, one.address), one.id in found.suppressed) for one in found.readers]
    query = sought.query_of(edge, entered, site_id, given)
    return edge.desk.page(
        "subscribers", here, rows=rows, search=search, given=given, query=query, found=found,
        count_max=searching.COUNTED_MAX, states=STATES, languages=list(LANGUAGES), kinds=list(ActKind),
        may_act=may_see(entered), now=now, **values,
    )  # fmt: skip


@router.post("")
def find(edge: Here, entered: Analyst, form: Form, site: str) -> Response:
    """Go to the page of what is looked for."""
    query = sought.query_of(edge, entered, site_of(edge, site).id, sought.typed(form))
    return RedirectResponse(path(site, f"/subscribers?{query}"), HTTPStatus.SEE_OTHER)


@router.api_route("/export.{kind}", methods=LOOKING)
def export(request: Request, edge: Here, entered: Owner, site: str, kind: Literal["csv", "jsonl"]) -> Response:
    """All that is found, as it is read."""
    site_id, now = site_of(edge, site).id, edge.clock()
    wanted = _search(entered, sought.asked(edge, entered, site_id, request))
    with edge.parts.db.writing() as session:
        search = searching.understood(session, site_id, wanted, now)
        audit.note(session, entered.seat.actor, "readers.exported", now, site_id=site_id)
    texts = (exports.as_csv if kind == "csv" else exports.as_json)(edge.parts, site_id, search, now)
    headers = {**PLAIN_HEADERS, "Content-Disposition": f'attachment; filename="subscribers.{kind}"'}
    return StreamingResponse(texts, media_type=_KINDS[kind], headers=headers)


@router.api_route("/add", methods=LOOKING)
def show_add(edge: Here, entered: Editor, site: str) -> Response:
    """The form for one reader."""
    return _add_page(edge, entered, site, Typed(()))


@router.post("/add")
def add(edge: Here, entered: Editor, site: str, form: Form) -> Response:
    """Add a reader whose consent the editor holds, or ask them by letter."""
    site_row = site_of(edge, site)
    names = _topic_names(edge, site_row.id, form)
    try:
        frequency = Frequency(form.one("frequency"))
    except ValueError:
        frequency = Frequency.DAILY
    if not names:
        return _add_page(edge, entered, site, form, "no_topics")
    by, now = entered.seat.actor, edge.clock()
    try:
        if form.one("way") == "ask":
            asked = SignUpForm(site, form.one("address"), names, frequency, name=form.one("name"), source="desk")
            subscribers.ask(edge.parts, asked, by, now)
            return RedirectResponse(path(site, "/subscribers?said=asked"), HTTPStatus.SEE_OTHER)
        basis = form.one("basis").strip()[:BASIS_MAX]
        if not basis:
            return _add_page(edge, entered, site, form, "no_basis")
        new = NewReader(form.one("address"), names, frequency, basis, form.one("name")[:200])
        added = subscribers.add(edge.parts, site_row.id, new, by, now)
    except (AddressInvalid, Invalid):
        return _add_page(edge, entered, site, form, "address_wrong")
    if added is None:
        return _add_page(edge, entered, site, form, "is_suppressed")
    return RedirectResponse(path(site, f"/subscribers/{added}"), HTTPStatus.SEE_OTHER)


def _search(entered: Entered, given: Mapping[str, str]) -> Search:
    search = Search.of({name: value if is_clean(value) else "" for name, value in given.items()})
    if search.words and not may_see(entered) and not is_hash(search.words):
        # Whoever sees no addresses must not find them out letter by letter either.
        return replace(search, by_name=True)
    return search


def _topic_names(edge: Edge, site_id: int, form: Typed) -> tuple[str, ...]:
    wanted = set(form.many("topic"))
    with edge.parts.db.reading() as session:
        return tuple(name for number, name, _ in subscribers.topics_of(session, site_id) if str(number) in wanted)


def _add_page(edge: Edge, entered: Entered, slug: str, form: Typed, error: str = "") -> Response:
    here, site = scene(edge, entered, "subscribers", slug), site_of(edge, slug)
    with edge.parts.db.reading() as session:
        topics = subscribers.topics_of(session, site.id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return edge.desk.page(
        "subscriber_add", here, status=status, topics=topics, chosen=form.many("topic"), frequencies=list(Frequency),
        typed=form, error=error,
    )  # fmt: skip
