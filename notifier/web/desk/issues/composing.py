"""Compose an issue: its words, its items in their order, its subjects and whom it is for."""

from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from notifier.domain.desk_words import WinnerRule
from notifier.domain.issues import SUBJECTS_MAX, Audience, Composed, IssueRefused
from notifier.domain.markdown import to_html
from notifier.domain.traces import Tracking
from notifier.issues import choices, compose, reading
from notifier.issues.rows import Which
from notifier.models import Issue
from notifier.web.desk.gate import Editor
from notifier.web.desk.issues import whom
from notifier.web.desk.issues.ground import ISSUES, Ground, ground, see, the_issue, which
from notifier.web.desk.issues.listing import asked_refusal
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.look import PLAIN_HEADERS
from notifier.web.wire import Typed

router = APIRouter(prefix=f"{ISSUES}/{{issue}}", include_in_schema=False)
ID_DIGITS: Final = 18
"""Fewer than the largest number that the database keeps."""


@router.api_route("/edit", methods=LOOKING)
def show(request: Request, edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """The form; `?q=` searches articles, `?before=` goes on below one."""
    on = ground(edge, entered, site)
    row = the_issue(edge, on, issue)
    if not row.state.is_open:
        return see(on.page(issue))
    return _page(request, edge, on, row, _composed(row), asked_refusal(request))


@router.post("/edit")
def change(request: Request, edge: Here, entered: Editor, form: Form, site: str, issue: int) -> Response:
    """Write its words anew, and do what the pressed button says: whichever it is, nothing that was typed is lost.

    What cannot be taken is shown again as it was typed, with what is wrong.
    """
    on = ground(edge, entered, site)
    row, of = the_issue(edge, on, issue), which(edge, entered, on, issue)
    try:
        compose.change(edge.parts, of, read(form))
        _arrange(edge, of, form)
    except IssueRefused as refusal:
        return _page(request, edge, on, row, read(form, is_kind=True), refusal.key)
    onward = {"preview": "/preview", "send": "/send"}.get(form.one("do"))
    if onward:
        return see(on.page(issue, onward))
    query = form.one("q").strip()
    return see(f"{on.page(issue, '/edit')}?{urlencode({'saved': 1, **({'q': query} if query else {})})}")


def _arrange(edge: Edge, of: Which, form: Typed) -> None:
    """Put the items into the order of the page, and then move, pin, remove or add."""
    parts, (how, _, number) = edge.parts, form.one("do").partition(":")
    with parts.db.reading() as session:
        stands = [one.id for one in reading.items(session, of.issue_id)]
    wanted = _ids(form.many("order"))
    if wanted and wanted != stands:
        compose.order_items(parts, of, wanted)
    if how == "add":
        compose.add_items(parts, of, _ids(form.many("item")))
    for item in _ids((number,)):
        if item not in stands:
            continue
        if how in {"up", "down"}:
            compose.move_item(parts, of, item, -1 if how == "up" else 1)
        elif how in {"pin", "unpin"}:
            compose.pin_item(parts, of, item, is_pinned=how == "pin")
        elif how == "remove":
            compose.remove_item(parts, of, item)


def _ids(texts: Sequence[str]) -> list[int]:
    return [int(one) for one in texts if one.isdecimal() and len(one) < ID_DIGITS]


@router.post("/intro")
def read_intro(edge: Here, entered: Editor, form: Form, site: str, issue: int) -> Response:
    """Markdown as the letter will have it, for the page to show beside the field."""
    the_issue(edge, ground(edge, entered, site), issue)
    return HTMLResponse(to_html(form.one("intro")), headers=PLAIN_HEADERS)


@router.api_route("/count", methods=LOOKING)
def count(request: Request, edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """How many readers the audience in the query has, or about how many, as a sentence."""
    on = ground(edge, entered, site)
    the_issue(edge, on, issue)
    try:
        audience = _audience(Typed(tuple(request.query_params.multi_items())))
    except IssueRefused as refusal:
        sentence = edge.desk.spoken(on.scene).html(f"issues.refused_{refusal.key}")
        return HTMLResponse(sentence, HTTPStatus.UNPROCESSABLE_ENTITY, headers=PLAIN_HEADERS)
    return HTMLResponse(_reach(edge, on, audience), headers=PLAIN_HEADERS)


def read(form: Typed, *, is_kind: bool = False) -> Composed:
    """What somebody typed; with `is_kind` numbers that are none fall back. Raises IssueRefused."""
    rule = form.one("winner_rule")
    try:
        audience = _audience(form)
        percent, hours = int(form.one("sample_percent") or 20), int(form.one("sample_hours") or 2)
    except (IssueRefused, ValueError) as refusal:
        if not is_kind:
            raise refusal if isinstance(refusal, IssueRefused) else IssueRefused("sample_wrong") from None
        audience, percent, hours = _kind_audience(form), 20, 2
    return Composed(
        form.one("title"), form.one("language"), form.one("intro").replace("\r\n", "\n"), form.one("cover_url").strip(),
        form.one("cover_alt"), tuple(one for one in form.many("subject") if one.strip()), percent, hours,
        WinnerRule(rule) if rule in set(WinnerRule) else WinnerRule.HAND, audience,
    )  # fmt: skip


def _audience(form: Typed) -> Audience:
    return Audience.of({**_ticked(form), **_days(form)})


def _kind_audience(form: Typed) -> Audience:
    """What was ticked stays so: an audience that was dropped with a wrong number would be everybody."""
    for given in ({**_ticked(form), **_days(form)}, _ticked(form)):
        with suppress(IssueRefused):
            return Audience.stored(given)
    return Audience()


def _ticked(form: Typed) -> dict[str, Sequence[str]]:
    return {
        "topics": form.many("topic"), "tags": form.many("tag"), "languages": form.many("reads"),
        "sources": form.many("source"),
    }  # fmt: skip


def _days(form: Typed) -> dict[str, str]:
    return {name: form.one(name) for name in ("joined_days", "alive_days")}


def _composed(row: Issue) -> Composed:
    return Composed(
        row.title, row.language, row.intro, row.cover_url, row.cover_alt, tuple(row.subjects), row.sample_percent,
        row.sample_hours, row.winner_rule, Audience.stored(row.audience),
    )  # fmt: skip


def _page(request: Request, edge: Edge, on: Ground, row: Issue, words: Composed, refused: str) -> Response:
    asked = request.query_params
    query, before = asked.get("q", "")[:200], asked.get("before", "")
    with edge.parts.db.reading() as session:
        items = reading.items(session, row.id)
        found = reading.found(session, on.site.id, query, int(before[:15]) if before.isdecimal() else 0)
        categories = reading.categories(session, on.site.id)
        tags = choices.tags(session, on.site.id, words.audience.tags)
        sources = choices.sources(session, on.site.id, words.audience.sources)
    languages = [
        (tag, edge.look.sentences.plain(tag, "language_name")) for tag in sorted(edge.parts.renderer.languages)
    ]
    voice, known = edge.desk.spoken(on.scene), dict(languages)
    others = [(tag, whom.language(tag, voice)) for tag in words.audience.languages if tag not in known]
    return edge.desk.page(
        "issue_edit", on.scene, status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        root=on.page(row.id), issue=row, words=words, items=items, found=found, query=query, categories=categories,
        onward=found[-1].id if len(found) == reading.FOUND_MAX else 0, shown={one.id for one in items}, refused=refused,
        saved=asked.get("saved") == "1" and not refused, intro_html=to_html(words.intro), tags=tags,
        languages=languages, reads=languages + others, sources=[(one, whom.source(one, voice)) for one in sources],
        subjects=[*words.subjects, *[""] * (SUBJECTS_MAX - len(words.subjects))][:SUBJECTS_MAX],
        rules=list(WinnerRule), reach=_reach(edge, on, words.audience),
        is_counted=on.site.tracking is not Tracking.OFF,
    )  # fmt: skip


def _reach(edge: Edge, on: Ground, audience: Audience) -> str:
    reached = reading.reach(edge.parts.db, on.site.id, audience, edge.clock())
    return edge.desk.spoken(on.scene).html(f"issues.reach_{reached.certainty}", count=reached.people)
