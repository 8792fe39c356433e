"""What an editor decided about a list before it comes in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from notifier.domain.importing.formats import Field
from notifier.domain.words import Frequency

BASIS_MAX: Final = 500
SILENT: Final = frozenset({"listmonk"})
"""Programs whose export does not tell who left a list from who is on it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns by number, the topics and the tag of everybody in the list, and what their consent rests on."""

    columns: Mapping[Field, int]
    basis: str
    """Where the consent comes from, in the editor's words; kept as evidence with every reader."""
    source: str = "csv"
    topics: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    """What stands in the topics' column (case-folded) -> the topic."""
    frequency: Frequency = Frequency.DAILY
    language: str = ""
    tag: str = ""
    asks: bool = False
    """Everybody is asked by letter first (double opt-in), whatever the list says."""
    is_confirmed: bool = False
    """By the editor's word: of a SILENT program the file holds only who is still on its list."""
    encoding: str = "utf-8"
    delimiter: str = ","
    begin: int = 1
    """How many lines stand before the first row."""

    @property
    def is_silent(self) -> bool:
        """Whether who left may stand in the list like who stayed: then it makes nobody a reader unasked."""
        return self.source in SILENT and not self.is_confirmed

    @property
    def asks_first(self) -> bool:
        """Whether everybody is asked by letter."""
        return self.asks or self.is_silent

    @property
    def has_row_per_list(self) -> bool:
        """Whether somebody who is on several lists has as many rows, which count together."""
        return Field.LIST_STATUS in self.columns

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return {
            "columns": {name.value: number for name, number in self.columns.items()}, "basis": self.basis,
            "source": self.source, "topics": list(self.topics), "words": dict(self.words),
            "frequency": self.frequency.value, "language": self.language, "tag": self.tag, "asks": self.asks,
            "is_confirmed": self.is_confirmed, "encoding": self.encoding, "delimiter": self.delimiter,
            "begin": self.begin,
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """As it was kept."""
        given = dict(kept)
        given["columns"] = {Field(name): number for name, number in kept["columns"].items()}
        given["topics"], given["frequency"] = tuple(kept["topics"]), Frequency(kept["frequency"])
        return cls(**given)
