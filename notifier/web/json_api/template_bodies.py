"""Templates as the API takes and gives them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from notifier.domain.words import LetterKind
from notifier.own_templates import NOTE_MAX
from notifier.stages.render.compile.check import SOURCE_MAX
from notifier.web.fields import CLEAN, Strict
from notifier.web.json_api.answering import ID_MAX

Source = Annotated[str, StringConstraints(min_length=1, max_length=SOURCE_MAX), CLEAN]


class TemplateBody(Strict):
    """A text for a part of the letters' templates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": '{% extends "base.html" %}…', "note": "our own footer", "in_force": False}]
        }
    )

    text: Source
    note: Annotated[str, StringConstraints(max_length=NOTE_MAX), CLEAN] = ""
    """What it changes; stands in the history."""
    in_force: StrictBool = False
    """Make letters of it from now on."""


class LookQuery(BaseModel):
    """What to look at, and how."""

    version: Annotated[int, Field(ge=0, le=ID_MAX)] = 0
    """0 for what letters are made of now."""
    language: Annotated[str, StringConstraints(max_length=16)] = "ar"
    kind: LetterKind | None = None
    """Of the letter, where the part is in several."""
    real: bool = False
    """The newest letter of the kind in place of a sample."""


class LookBody(Strict):
    """A text to look at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": '{% extends "base.html" %}…', "language": "ar"}]}
    )

    text: Source
    language: Annotated[str, StringConstraints(max_length=16)] = "ar"
    kind: LetterKind | None = None
    """Of the letter, where the part is in several."""
    real: StrictBool = False
    """The newest letter of the kind in place of a sample."""


class PartBody(BaseModel):
    """A part of the letters' templates."""

    part: str
    """A kind of letter for its body, `digest-subject` for its subject, or `header` and `footer` of all."""
    version: int | None
    """That its letters are made of; none for the program's own template."""


class FaultBody(BaseModel):
    """A rule that a text breaks."""

    line: int
    rule: str
    message: str
    """In the caller's language."""
    piece: str


class TemplateText(PartBody):
    """A text."""

    text: str
    faults: list[FaultBody]


class Kept(BaseModel):
    """What became of a text that was put."""

    version: int
    in_force: bool
    faults: list[FaultBody]


class VersionBody(BaseModel):
    """One version."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    note: str
    actor: str
    """`user:3`, `key:7` or `cli`."""
    is_active: bool
    activated_at: datetime | None
    created_at: datetime


class VersionPage(BaseModel):
    """A page of versions."""

    versions: list[VersionBody]
    next: int | None
