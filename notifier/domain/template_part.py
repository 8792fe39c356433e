"""What of the letters' templates a site may write anew: each kind's body and subject, and the head and foot of all."""

from dataclasses import dataclass
from typing import Final, Self

from notifier.domain.words import LetterKind

_SUBJECT: Final = "-subject"
_SHARED: Final = ("header", "footer")


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """One file of ours that a text of the site's own may stand for.

    `name` is what the database, pages and the log call it: `alert`, `alert-subject`, `header` or `footer`.
    """

    name: str

    @classmethod
    def body(cls, kind: LetterKind) -> Self:
        """The HTML of a kind of letter."""
        return cls(kind.value)

    @classmethod
    def read(cls, name: str) -> Self:
        """By its name. Raises ValueError for what there is not."""
        if name not in {one.name for one in PARTS}:
            raise ValueError(name)
        return cls(name)

    @property
    def is_shared(self) -> bool:
        """Whether it stands in every kind of letter."""
        return self.name in _SHARED

    @property
    def is_subject(self) -> bool:
        """Whether it is one line of plain text."""
        return self.name.endswith(_SUBJECT)

    @property
    def is_body(self) -> bool:
        """Whether it is a page of its own, built on `base.html`."""
        return not self.is_shared and not self.is_subject

    @property
    def kinds(self) -> tuple[LetterKind, ...]:
        """The letters that it is in."""
        return tuple(LetterKind) if self.is_shared else (LetterKind(self.name.removesuffix(_SUBJECT)),)

    def shown_in(self, asked: LetterKind | None) -> LetterKind:
        """The kind of letter to look at it in: the one asked for where it is in that, else its own or the digest."""
        if asked in self.kinds:
            return asked
        return LetterKind.DIGEST if self.is_shared else self.kinds[0]

    @property
    def file(self) -> str:
        """Ours, below `templates/email`."""
        if self.is_shared:
            return f"{self.name}.html"
        return f"{self.kinds[0]}/{'subject.txt' if self.is_subject else 'body.html'}"


PARTS: Final = (
    *(TemplatePart(name) for name in _SHARED),
    *(TemplatePart(f"{kind.value}{more}") for kind in LetterKind for more in ("", _SUBJECT)),
)
"""All of them, in the order of the desk's page."""
