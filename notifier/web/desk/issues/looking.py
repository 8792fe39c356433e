"""Look at an issue's real letter before it is sent: as clients show it, and what should be known of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from notifier import deliveries
from notifier.domain.address import AddressInvalid
from notifier.issues import as_reader, checks, reading, trials
from notifier.issues.checks import Finding
from notifier.issues.letters import Look, Made, made
from notifier.models import Issue
from notifier.stages.render import RenderFailed
from notifier.web.desk.gate import Editor, Entered
from notifier.web.desk.issues.ground import ISSUES, act, ground, see, the_issue, which
from notifier.web.desk.issues.listing import asked_refusal
from notifier.web.desk.letter_frame import SANDBOX, VIEWS, framed, seen
from notifier.web.desk.whose import missing, whole
from notifier.web.edge import LOOKING, Edge, Form, Here

router = APIRouter(prefix=f"{ISSUES}/{{issue}}", include_in_schema=False)


@router.api_route("/preview", methods=LOOKING)
def show(request: Request, edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """The letter and the quick checks; `?view=`, `?subject=` and `?language=` show other sides, `?reader=` whose."""
    return _page(request, edge, entered, site, issue)


@router.post("/checks")
def check(request: Request, edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """The same with the checks that take seconds."""
    return _page(request, edge, entered, site, issue, _Said(is_thorough=True))


@router.post("/preview/reader")
def choose_reader(request: Request, edge: Here, entered: Editor, form: Form, site: str, issue: int) -> Response:
    """Find the reader to look as; their address comes by POST, and goes into no page's address."""
    on, address = ground(edge, entered, site), form.one("address")
    the_issue(edge, on, issue)
    try:
        found = deliveries.find_person(edge.parts, on.site.id, address, entered.seat.actor, edge.clock())
    except AddressInvalid:
        return _page(request, edge, entered, site, issue, _Said(address=address, error="reader_wrong"))
    if not found:
        return _page(request, edge, entered, site, issue, _Said(address=address, error="reader_unknown"))
    asked = {"reader": found, **{name: form.one(name)[:20] for name in ("view", "subject") if form.one(name)}}
    return see(f"{on.page(issue, '/preview')}?{urlencode(asked)}")


@router.api_route("/letter", methods=LOOKING)
def show_letter(request: Request, edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """The letter itself, for the frame."""
    row = the_issue(edge, ground(edge, entered, site), issue)
    found = _made(edge, row, _look(request, edge, row))
    html, text = (found.html, found.text) if found else ("", "")
    return framed(seen(html, text, request.query_params.get("view", "")))


@router.post("/test")
def try_out(edge: Here, entered: Editor, form: Form, site: str, issue: int) -> Response:
    """Send the letter to one's own address, marked as a test."""
    on = ground(edge, entered, site)
    of, subject = which(edge, entered, on, issue), form.one("subject")
    chosen = int(subject) if subject.isdecimal() and len(subject) == 1 else 0
    return act(on, of, lambda: trials.ask(edge.parts, of, entered.seat.user_id, chosen), "/preview")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a page says beside the letter: also of a reader who was not found, by what was typed."""

    is_thorough: bool = False
    address: str = field(default="", repr=False)
    error: str = ""


def _page(request: Request, edge: Edge, entered: Entered, site: str, issue: int, said: _Said = _Said()) -> Response:
    on = ground(edge, entered, site)
    row, asked = the_issue(edge, on, issue), request.query_params
    look, view = _look(request, edge, row), asked.get("view", "")
    if look.reader:
        as_reader.note(edge.parts, which(edge, entered, on, issue), look.reader.id)
    found = _made(edge, row, look)
    refused = asked_refusal(request)
    names = {tag: edge.look.sentences.plain(tag, "language_name") for tag in sorted(edge.parts.renderer.languages)}
    return edge.desk.page(
        "issue_preview", on.scene, status=HTTPStatus.UNPROCESSABLE_ENTITY if refused or said.error else HTTPStatus.OK,
        root=on.page(issue), issue=row, made=found, view=view if view in VIEWS else VIEWS[0], views=VIEWS, look=look,
        sandbox=SANDBOX,
        findings=_findings(edge, row, found, is_thorough=said.is_thorough), said=said, refused=refused,
        trial=trials.latest(edge.parts, issue, entered.seat.user_id),
        languages=list(names.items()), names=names,
    )  # fmt: skip


def _findings(edge: Edge, row: Issue, found: Made | None, *, is_thorough: bool) -> Sequence[Finding]:
    if found is None:
        return [Finding(checks.Level.BAD, "unmade")]
    with edge.parts.db.reading() as session:
        items = reading.items(session, row.id)
    slow = checks.thorough(edge.parts, found) if is_thorough else []
    return sorted([*checks.quick(row, items, found), *slow], key=lambda one: -list(checks.Level).index(one.level))


def _look(request: Request, edge: Edge, row: Issue) -> Look:
    asked = request.query_params
    subject, language = asked.get("subject", ""), asked.get("language", "")
    chosen = int(subject) if subject.isdecimal() and len(subject) == 1 and int(subject) < len(row.subjects) else 0
    as_whom = whole(asked.get("reader", ""))
    reader = None
    if as_whom:
        with edge.parts.db.reading() as session:
            reader = as_reader.reader(session, edge.parts, row, as_whom, edge.clock())
        if reader is None:
            raise missing()
    return Look(chosen, language if language in edge.parts.renderer.languages else "", reader=reader)


def _made(edge: Edge, row: Issue, look: Look) -> Made | None:
    try:
        return made(edge.parts, row, look, edge.clock())
    except (RenderFailed, ValueError):
        return None
