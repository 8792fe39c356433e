"""A site's own templates by the JSON API: shown, written and judged, put in force, taken back, looked at."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from notifier import own_templates
from notifier.domain.desk_words import Permission
from notifier.domain.lint.fault import Fault
from notifier.domain.template_part import PARTS, TemplatePart
from notifier.models import TemplateVersion
from notifier.own_templates import Draft, Look
from notifier.stages.render import RenderFailed
from notifier.stages.render.compile.check import TemplateRefused
from notifier.web.desk.setup.tabs import framed
from notifier.web.edge import Edge, Here
from notifier.web.json_api.answering import ID_MAX, PREFIX, REFUSALS, Before, Id, answer, missing, refusing
from notifier.web.json_api.template_bodies import (
    FaultBody,
    Kept,
    LookBody,
    LookQuery,
    PartBody,
    TemplateBody,
    TemplateText,
    VersionBody,
    VersionPage,
)
from notifier.web.keys import Caller, scoped
from notifier.web.problems import DESK, Problem

Onlooker = Annotated[Caller, scoped(Permission.TEMPLATES_READ)]
Keeper = Annotated[Caller, scoped(Permission.TEMPLATES_WRITE)]
Version = Annotated[int, Query(ge=0, le=ID_MAX, description="0 for what letters are made of now.")]


def _part(part: Annotated[str, Path(description="`digest`, `digest-subject`, `header`, `footer` …")]) -> TemplatePart:
    try:
        return TemplatePart.read(part)
    except ValueError:
        raise missing() from None


Part = Annotated[TemplatePart, Depends(_part)]
router = APIRouter(prefix=f"{PREFIX}/templates", tags=["templates"], responses=REFUSALS)


@router.get("", response_model=list[PartBody])
def list_templates(edge: Here, caller: Onlooker) -> JSONResponse:
    """Every part of the letters, and the version that it is made of."""
    with edge.parts.db.reading() as session:
        active = own_templates.in_force(session, caller.site_id)
    return answer([PartBody(part=one.name, version=active.get(one.name)) for one in PARTS])


@router.get("/{part}", response_model=TemplateText)
def get_template(request: Request, edge: Here, caller: Onlooker, part: Part, version: Version = 0) -> JSONResponse:
    """The text that letters are made of, or one version, with the rules that it breaks."""
    number, text = _text(edge, caller, part, version)
    faults = _said(request, edge, own_templates.faults(part, text))
    return answer(TemplateText(part=part.name, version=number or None, text=text, faults=faults))


@router.put("/{part}", response_model=Kept)
def put_template(request: Request, edge: Here, caller: Keeper, part: Part, body: TemplateBody) -> JSONResponse:
    """Keep a text as a new version, judged; with `in_force`, letters are made of it from now on.

    One that breaks rules is kept as a draft, and is refused (422, nothing kept) where it should come into force.
    """
    draft = Draft(part, body.text.replace("\r\n", "\n"), body.note)
    faults = own_templates.faults(part, draft.text)
    if faults and body.in_force:
        raise _broken(request, edge, faults)
    made = own_templates.save(edge.parts, caller.site_id, draft, caller.actor, edge.clock())
    if body.in_force:
        own_templates.put_in_force(edge.parts, caller.site_id, made, caller.actor, edge.clock())
    return answer(Kept(version=made, in_force=body.in_force, faults=_said(request, edge, faults)))


@router.delete("/{part}", response_model=PartBody)
def take_template_back(edge: Here, caller: Keeper, part: Part) -> JSONResponse:
    """Make letters of the program's own template again; the versions stay."""
    own_templates.take_back(edge.parts, caller.site_id, part, caller.actor, edge.clock())
    return answer(PartBody(part=part.name, version=None))


@router.get("/{part}/versions", response_model=VersionPage)
def list_versions(edge: Here, caller: Onlooker, part: Part, before: Before = 0) -> JSONResponse:
    """The versions of a part, the newest first, without their texts."""
    with edge.parts.db.reading() as session:
        rows = own_templates.history(session, caller.site_id, part, min(before, ID_MAX))
    onward = rows[-1].id if len(rows) == own_templates.PAGE else None
    return answer(VersionPage(versions=[VersionBody.model_validate(one) for one in rows], next=onward))


@router.post("/{part}/versions/{version}/restore", response_model=PartBody)
def restore_version(request: Request, edge: Here, caller: Keeper, part: Part, version: Id) -> JSONResponse:
    """Make letters of an earlier version again; judged anew, for the rules may have changed."""
    _text(edge, caller, part, version)
    try:
        own_templates.put_in_force(edge.parts, caller.site_id, version, caller.actor, edge.clock())
    except TemplateRefused as refusal:
        raise _broken(request, edge, refusal.faults) from None
    return answer(PartBody(part=part.name, version=version))


@router.get("/{part}/preview", response_class=HTMLResponse)
def preview_template(
    edge: Here, caller: Onlooker, part: Part, asked: Annotated[LookQuery, Query()]
) -> Response:  # fmt: skip
    """A letter's HTML by a version: of the sample, or with `real` of the newest letter of its kind."""
    _, text = _text(edge, caller, part, asked.version)
    return _letter(edge, caller, Draft(part, text), asked)


@router.post("/{part}/preview", response_class=HTMLResponse)
def preview_text(edge: Here, caller: Onlooker, part: Part, body: LookBody) -> Response:
    """The same by a text that is kept nowhere."""
    return _letter(edge, caller, Draft(part, body.text), body)


def _letter(edge: Edge, caller: Caller, draft: Draft, asked: LookQuery | LookBody) -> Response:
    spoken = edge.look.sentences.supported(asked.language) or "ar"
    look = Look(draft.part.shown_in(asked.kind), spoken, is_real=asked.real)
    try:
        return framed(own_templates.preview(edge.parts, caller.site_id, draft, look).html)
    except LookupError:
        raise missing() from None
    except RenderFailed:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{DESK}setup.template_broken") from None


def _text(edge: Edge, caller: Caller, part: TemplatePart, version: int) -> tuple[int, str]:
    """(version, its text); 0 and the program's own where none of the site's is in force. Raises Problem."""
    with edge.parts.db.reading() as session, refusing():
        number = version or own_templates.in_force(session, caller.site_id).get(part.name, 0)
        row: TemplateVersion | None = own_templates.version(session, caller.site_id, number) if number else None
        if row is not None and row.part != part.name:
            raise LookupError(number)
        return number, row.text if row else own_templates.ours(part)


def _said(request: Request, edge: Edge, faults: Sequence[Fault]) -> list[FaultBody]:
    """The broken rules in the caller's language."""
    sentences = edge.look.sentences
    asked = sentences.supported(request.query_params.get("lang"))
    voice = edge.desk.strings.voice(asked or sentences.accepted(request.headers.get("accept-language", "")))
    return [
        FaultBody(
            line=one.line, rule=one.rule, piece=one.what, message=voice.say(f"rules.{one.rule.replace('-', '_')}")
        )
        for one in faults
    ]


def _broken(request: Request, edge: Edge, faults: Sequence[Fault]) -> Problem:
    told = [one.model_dump() for one in _said(request, edge, faults)]
    problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{DESK}setup.template_broken", field="text")
    problem.more = {"faults": told}
    return problem
