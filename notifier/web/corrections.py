"""Corrections over the API: who got an article as it was, and what they shall read now."""

from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from starlette.responses import JSONResponse

from notifier import corrections
from notifier.corrections import NOTE_CHARACTERS, SAID_CHARACTERS, CannotCorrect, Corrected, Erratum
from notifier.web.api import REFUSALS
from notifier.web.bodies import VERSION_MAX
from notifier.web.edge import Here
from notifier.web.fields import CLEAN
from notifier.web.keys import Writer
from notifier.web.problems import Problem

router = APIRouter(prefix="/api/v1/sites/{site}", tags=["corrections"], responses=REFUSALS)
_CONFLICTS = frozenset({"not_changed", "not_an_article"})


class CorrectionBody(BaseModel):
    """What an editor writes about an article that was sent; plain text, an empty line parts paragraphs."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"said": "انخفض المنسوب", "note": "ارتفع المنسوب مترين.", "dry_run": True}]},
    )

    note: Annotated[str, StringConstraints(min_length=1, max_length=NOTE_CHARACTERS), CLEAN]
    said: Annotated[str, StringConstraints(max_length=SAID_CHARACTERS), CLEAN] = ""
    """The words that were wrong."""
    version: Annotated[StrictInt, Field(ge=1, le=VERSION_MAX)] | None = None
    """The first version that is right; without it the one that brought the words as they are now."""
    dry_run: StrictBool = False


class CorrectionAnswer(BaseModel):
    """Whom it is for: `readers` counts, by language, who gets it and has not got it yet."""

    guid: str
    outcome: str
    """`counted` by a dry run, `created`, or `unchanged` for the same words about the same version."""
    correction_id: int | None
    version: int
    is_withdrawn: bool
    readers: dict[str, int]
    count: int

    @classmethod
    def of(cls, found: Corrected, *, is_dry: bool) -> Self:
        """As the act told it."""
        outcome = "counted" if is_dry else "created" if found.is_new else "unchanged"
        return cls(
            guid=found.guid, outcome=outcome, correction_id=found.correction_id, version=found.version,
            is_withdrawn=found.is_withdrawn, readers=dict(found.readers), count=found.count,
        )  # fmt: skip


@router.post(
    "/items/{guid:path}/corrections", response_model=CorrectionAnswer, responses={201: {"model": CorrectionAnswer}}
)
def post_correction(edge: Here, caller: Writer, guid: str, body: CorrectionBody) -> JSONResponse:
    """Send a correction to exactly those who got the article as it was.

    Publish it as it is right, or retract it, first. Idempotent: the same words about the same version again are the
    same correction.
    """
    erratum = Erratum(guid, body.note, body.said, body.version, by=caller.name, actor=caller.actor)
    act = corrections.look if body.dry_run else corrections.correct
    try:
        found = act(edge.parts, caller.site_id, erratum, edge.clock())
    except CannotCorrect as refused:
        raise Problem(_status(refused.key), refused.key, field=refused.field) from refused
    answer = CorrectionAnswer.of(found, is_dry=body.dry_run)
    status = HTTPStatus.CREATED if found.is_new else HTTPStatus.OK
    return JSONResponse(jsonable_encoder(answer), status, headers={"Cache-Control": "no-store"})


def _status(key: str) -> HTTPStatus:
    if key == "unknown_item":
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.CONFLICT if key in _CONFLICTS else HTTPStatus.UNPROCESSABLE_ENTITY
