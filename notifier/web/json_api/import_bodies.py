"""Imports as the API takes and gives them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from notifier import exports
from notifier.domain.desk_words import ImportState
from notifier.domain.importing.formats import Field as Column
from notifier.domain.importing.plan import BASIS_MAX, Plan
from notifier.domain.text.strings import Voice
from notifier.domain.words import Frequency
from notifier.models import Import
from notifier.web.fields import CLEAN, Strict
from notifier.web.json_api.reader_bodies import Language, Line, TagName, TopicName


class PlanBody(Strict):
    """What an import's columns mean; columns that are not named are taken by the list's own header."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "columns": {"email": "E-Mail"}, "basis": "form of the old site, 2019-2024",
                    "topics": ["category:سياسة"], "frequency": "daily", "tag": "old",
                }
            ]
        }
    )  # fmt: skip

    columns: Annotated[dict[Column, Line], Field(max_length=20)] = Field(default_factory=dict)
    """Field -> the name of its column."""
    basis: Annotated[str, StringConstraints(max_length=BASIS_MAX), CLEAN] = ""
    """What their consent rests on; kept as evidence with each reader."""
    topics: Annotated[tuple[TopicName, ...], Field(max_length=200)] = ()
    """What all of them get."""
    words: Annotated[dict[Line, TopicName], Field(max_length=500)] = Field(default_factory=dict)
    """What a word in the topics' column means."""
    frequency: Frequency = Frequency.DAILY
    language: Language = ""
    tag: TagName = ""
    """For everybody in the list."""
    ask: StrictBool = False
    """Everybody is asked by letter first (double opt-in)."""
    confirmed: StrictBool = False
    """Of listmonk: the file was exported with the subscription status "Confirmed". Without that everybody is asked by
    letter first, for the file does not tell who has unsubscribed from a list."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells of itself before it has begun: whose export it is, its columns, and what they suggest."""

    format: str = ""
    columns: list[str] = field(default_factory=list)
    guess: dict[Column, str] = field(default_factory=dict)


class StoredImport(BaseModel):
    """An import, and how far it has come."""

    id: int
    name: str
    state: ImportState
    size: int
    """Bytes."""
    percent: int
    counts: dict[str, int]
    """What became of the rows, or would by the dry run: a word and how many."""
    rejected: int
    """How many rows stayed out, each with its reason at `/rejected`."""
    error: str
    asks: bool
    """Whether everybody is asked by letter first, by the plan or for what its file does not tell."""
    said: str
    """Why they are asked though the plan does not say so; empty where it does, or they are not."""
    created_at: datetime
    finished_at: datetime | None
    format: str = ""
    """Whose export it is; `csv` for any other list. Only before it has begun."""
    columns: list[str] = []
    """As its header names them. Only before it has begun."""
    guess: dict[Column, str] = {}
    """Field -> the column that the header suggests. Only before it has begun."""

    @classmethod
    def of(cls, row: Import, voice: Voice, told: Told | None = None) -> Self:
        """A row, and what its file tells of itself."""
        told, plan = told or Told(), Plan.of(row.plan) if "columns" in row.plan else None
        is_made_to = plan is not None and plan.is_silent and not plan.asks
        return cls(
            id=row.id, name=row.name, state=row.state, size=row.size,
            percent=min(100, 100 * row.done_bytes // row.size) if row.size else 0, counts=row.counts,
            rejected=exports.bad(row), error=row.error,
            asks=plan is not None and plan.asks_first, said=voice.say("roll.silent_asks") if is_made_to else "",
            created_at=row.created_at, finished_at=row.finished_at,
            format=told.format, columns=told.columns, guess=told.guess,
        )  # fmt: skip


class ImportPage(BaseModel):
    """A page of imports."""

    imports: list[StoredImport]
    next: int | None
