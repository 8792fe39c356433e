"""A delivery that a worker owns and may send: checked, and with what is personal about it."""

from dataclasses import dataclass, field

from notifier.domain.words import LetterKind


@dataclass(frozen=True, slots=True)
class Claimed:
    """One letter to one person, claimed and allowed."""

    delivery_id: int
    letter_id: int
    item_ids: tuple[int, ...]
    """Those of the letter's items that are live and still wanted by this reader, in order."""
    kind: LetterKind
    about_id: int
    subscriber_id: int
    address: str = field(repr=False)
    name: str = ""
    may_track: bool = False
    """Whether the reader agreed that their opens and clicks are kept."""
    generation: int = 0
    """How often the reader's address changed hands; their links bear it."""

    @property
    def content_key(self) -> tuple[int, tuple[int, ...]]:
        """Deliveries of one key share one rendering."""
        return self.letter_id, self.item_ids
