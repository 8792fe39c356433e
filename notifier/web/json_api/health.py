"""Alarms and the doctor's findings by the JSON API: what is wrong, what to do, and that somebody sees to it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import JSONResponse

from notifier import alarms
from notifier.alarms import REASON_MAX
from notifier.desk import audit
from notifier.doctor import Light, words
from notifier.domain.desk_words import Permission
from notifier.domain.text.strings import Voice
from notifier.web.edge import Here
from notifier.web.fields import CLEAN, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, Id, answer, missing, refusing, voice_of, wrong
from notifier.web.json_api.deliveries import Editor, Onlooker
from notifier.web.keys import Caller, scoped

Owner = Annotated[Caller, scoped(Permission.SETUP_WRITE)]
router = APIRouter(prefix=PREFIX, tags=["health"], responses=REFUSALS)
_ORDER = (Light.RED, Light.AMBER, Light.GREEN, Light.SKIPPED)


class EndBody(Strict):
    """What was put right; it is kept in the log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The relay's certificate is renewed."}]})

    reason: Annotated[str, StringConstraints(min_length=1, max_length=REASON_MAX), CLEAN]


class DiagnosisBody(BaseModel):
    """One line of the doctor's report, in the caller's language."""

    key: str
    """The check: `spf`, `dkim`, …"""
    about: str
    light: Light
    found: str
    advice: str
    record: str
    """A line of DNS or of the settings to copy."""


class ReportBody(BaseModel):
    """All findings, the worst first."""

    worst: Light
    findings: list[DiagnosisBody]


@router.get("/alarms", response_model=list[alarms.Raised])
def list_alarms(edge: Here, caller: Onlooker) -> JSONResponse:
    """The open alarms, the oldest first."""
    with edge.parts.db.reading() as session:
        raised = alarms.raised(session, caller.site_id, edge.clock())
    return answer(raised)


@router.post("/alarms/{alarm}/know", status_code=204)
def know_alarm(edge: Here, caller: Editor, alarm: Id) -> Response:
    """Say that somebody sees to it; what it halts stays halted."""
    with refusing():
        alarms.know(edge.parts, caller.site_id, alarm, caller.actor, edge.clock())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/alarms/{alarm}/end", status_code=204)
def end_alarm(edge: Here, caller: Editor, alarm: Id, body: EndBody) -> Response:
    """End it, and let what it had halted go on."""
    try:
        alarms.let_go_on(edge.parts, caller.site_id, alarm, body.reason, caller.actor, edge.clock())
    except LookupError:
        raise missing() from None
    except ValueError:
        raise wrong("alarms.reason_missing", "reason") from None
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/doctor", response_model=ReportBody)
def ask_doctor(request: Request, edge: Here, caller: Owner) -> JSONResponse:
    """Look at DNS, mail servers, Redis, database and clocks as receivers see them: it takes seconds."""
    report = edge.doctor()
    with edge.parts.db.writing() as session:
        counts = {light.value: report.count(light) for light in _ORDER}
        audit.note(session, caller.actor, "doctor.asked", edge.clock(), site_id=caller.site_id, **counts)
    voice = words.strings().voice(voice_of(request, edge).language)
    found = [
        DiagnosisBody(
            key=one.key, about=one.about, light=one.light, found=_said(one.found, voice),
            advice=_said(one.advice, voice), record=one.record,
        )
        for one in sorted(report.findings, key=lambda one: _ORDER.index(one.light))
    ]  # fmt: skip
    return answer(ReportBody(worst=report.worst, findings=found))


def _said(sentence: str, voice: Voice) -> str:
    return words.in_words(sentence, voice)
