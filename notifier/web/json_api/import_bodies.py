"""Imports as the API takes and gives them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from notifier import exports
from notifier.domain.desk_words import ImportState
from notifier.domain.importing.formats import Field as Column
from notifier.domain.importing.plan import BASIS_MAX
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
    created_at: datetime
    finished_at: datetime | None
    format: str = ""
    """Whose export it is; `csv` for any other list. Only before it has begun."""
    columns: list[str] = []
    """As its header names them. Only before it has begun."""
    guess: dict[Column, str] = {}
    """Field -> the column that the header suggests. Only before it has begun."""

    @classmethod
    def of(
        cls, row: Import, format_: str = "", columns: list[str] | None = None, guess: Mapping[Column, str] | None = None
    ) -> Self:
        """A row, and what its file tells of itself."""
        return cls(
            id=row.id, name=row.name, state=row.state, size=row.size,
            percent=min(100, 100 * row.done_bytes // row.size) if row.size else 0, counts=row.counts,
            rejected=exports.bad(row), error=row.error, created_at=row.created_at, finished_at=row.finished_at,
            format=format_, columns=columns or [], guess=dict(guess or {}),
        )  # fmt: skip


class ImportPage(BaseModel):
    """A page of imports."""

    imports: list[StoredImport]
    next: int | None
