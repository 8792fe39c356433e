"""A site's own templates: edited, judged, looked at by editors; put in force and taken back by owners."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from notifier import own_templates
from notifier.domain.template_part import PARTS, TemplatePart
from notifier.domain.words import LetterKind
from notifier.models import TemplateVersion, User
from notifier.own_templates import Draft, Look
from notifier.stages.render import RenderFailed
from notifier.stages.render.compile.check import SOURCE_MAX, TemplateRefused
from notifier.web.desk.gate import Editor, Owner
from notifier.web.desk.setup.tabs import ROOT, Desk, framed, missing
from notifier.web.edge import LOOKING, Form, Here

router = APIRouter(prefix=f"{ROOT}/templates", include_in_schema=False)

ID_DIGITS: Final = 10


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Editor, site: str) -> Response:
    """Every part of the letters, and whose template it is made of."""
    desk = Desk(edge, entered, site, "templates")
    site_id = desk.site().id
    with edge.parts.db.reading() as session:
        active = own_templates.in_force(session, site_id)
    return desk.page("templates", parts=PARTS, active=active)


@router.api_route("/{kind}", methods=LOOKING)
def edit(request: Request, edge: Here, entered: Editor, site: str, kind: str) -> Response:
    """One version's text, its faults beside it, how its letters look, and the versions before it."""
    desk = Desk(edge, entered, site, "templates")
    version, against = (_id(request.query_params.get(name, "")) for name in ("version", "against"))
    return _page(request, desk, _part(kind), version, against)


@router.post("/{kind}")
def save(edge: Here, entered: Editor, form: Form, site: str, kind: str) -> Response:
    """Keep a text as a version, good or not."""
    desk = Desk(edge, entered, site, "templates")
    draft = Draft(_part(kind), form.one("text"), form.one("note"))
    if len(draft.text) > 2 * SOURCE_MAX:
        return desk.page("too_long", error="template_too_long", kind=draft.part.name, most=SOURCE_MAX)
    made = own_templates.save(edge.parts, desk.site().id, draft, entered.seat.actor, edge.clock())
    return desk.back(f"/templates/{kind}?version={made}&said=kept")


@router.post("/{kind}/{version}/activate")
def activate(request: Request, edge: Here, entered: Owner, site: str, kind: str, version: int) -> Response:
    """Make letters of a version from now on; a broken one stays out."""
    desk = Desk(edge, entered, site, "templates")
    try:
        own_templates.put_in_force(edge.parts, desk.site().id, version, entered.seat.actor, edge.clock())
    except TemplateRefused:
        return _page(request, desk, _part(kind), version, 0, error="template_broken")
    except LookupError:
        raise missing() from None
    return desk.back(f"/templates/{_part(kind).name}?version={version}&said=in_force")


@router.post("/{kind}/ours")
def take_back(edge: Here, entered: Owner, site: str, kind: str) -> Response:
    """Make letters of our own template again."""
    desk = Desk(edge, entered, site, "templates")
    own_templates.take_back(edge.parts, desk.site().id, _part(kind), entered.seat.actor, edge.clock())
    return desk.back(f"/templates/{kind}", "taken_back")


@router.api_route("/{kind}/preview", methods=LOOKING)
def preview(request: Request, edge: Here, entered: Editor, site: str, kind: str) -> Response:
    """A letter by one version (0: ours), in a language; of the sample, or with `real` of the newest letter."""
    desk, asked = Desk(edge, entered, site, "templates"), request.query_params
    site_id, number = desk.site().id, _id(asked.get("version", ""))
    language = edge.look.sentences.supported(asked.get("lang")) or entered.seat.language
    try:
        with edge.parts.db.reading() as session:
            text = own_templates.version(session, site_id, number).text if number else ""
        part = _part(kind)
        look = Look(_shown_in(part, asked.get("in", "")), language, is_real=bool(asked.get("real")))
        draft = Draft(part, text or own_templates.ours(part))
        return framed(own_templates.preview(edge.parts, site_id, draft, look).html)
    except LookupError:
        raise missing() from None
    except RenderFailed:
        return Response(status_code=HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(request: Request, desk: Desk, part: TemplatePart, version: int, against: int, *, error: str = "") -> Response:
    site_id, asked = desk.site().id, request.query_params
    with desk.edge.parts.db.reading() as session:
        try:
            active = own_templates.in_force(session, site_id).get(part.name, 0)
            number = version or active
            row = own_templates.version(session, site_id, number) if number else None
            before = own_templates.version(session, site_id, against) if against else None
        except LookupError:
            raise missing() from None
        versions = own_templates.history(session, site_id, part, _id(asked.get("before", "")))
        names = dict(session.execute(select(User.id, User.name)).all())
        shown = _shown_in(part, asked.get("in", ""))
        has_real = own_templates.newest_letter(session, site_id, shown) is not None
    text = row.text if row else own_templates.ours(part)
    faults = _beside(text, part)
    language = desk.edge.look.sentences.supported(asked.get("lang")) or desk.entered.seat.language
    return desk.page(
        "template", error=error, said=asked.get("said", ""), part=part, shown=shown, kinds=part.kinds, text=text,
        row=row, active=active, versions=versions, has_real=has_real,
        who={f"user:{user}": name for user, name in names.items()},
        is_real=has_real and bool(asked.get("real")), language=language, languages=desk.edge.look.sentences.languages,
        faults=faults, subject=_subject(desk, Draft(part, text), Look(shown, language)) if not faults else "",
        difference=_difference(before, text), against=against,
        onward=versions[-1].id if len(versions) == own_templates.PAGE else 0,
    )  # fmt: skip


def _subject(desk: Desk, draft: Draft, look: Look) -> str:
    try:
        return own_templates.preview(desk.edge.parts, desk.site().id, draft, look).subject
    except RenderFailed:
        return ""


def _shown_in(part: TemplatePart, asked: str) -> LetterKind:
    return part.shown_in(next((one for one in part.kinds if one.value == asked), None))


def _beside(text: str, part: TemplatePart) -> list[tuple[int, str, str, str]]:
    """(line, its text, rule, piece) of each fault."""
    lines = text.split("\n")
    return [
        (one.line, lines[one.line - 1].strip() if one.line <= len(lines) else "", one.rule, one.what)
        for one in own_templates.faults(part, text)
    ]


def _difference(before: TemplateVersion | None, text: str) -> list[tuple[str, str]] | None:
    """(what: `added`, `gone`, `place` or `same`; line) against an earlier version."""
    if before is None:
        return None
    marks = {"+": "added", "-": "gone", "@": "place"}
    return [(marks.get(line[:1], "same"), line) for line in own_templates.difference(before.text, text)]


def _part(word: str) -> TemplatePart:
    try:
        return TemplatePart.read(word)
    except ValueError:
        raise missing() from None


def _id(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < ID_DIGITS else 0
