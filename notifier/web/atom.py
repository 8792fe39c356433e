"""The archive as an Atom feed (RFC 4287): ids that never change, and content that keeps its direction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from notifier.archive import Entry, Shelf
from notifier.web.look import Look, Voice

KIND: Final = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and where it stands."""

    shelf: Shelf
    page_url: str
    own_url: str
    letters_url: str

    @property
    def id(self) -> str:
        """An IRI of its own, whatever address it is read at (section 4.2.6)."""
        return uuid5(NAMESPACE_OID, f"notifier archive {self.shelf.key}").urn

    def xml(self, look: Look, voice: Voice, entries: Sequence[Entry], titles: Sequence[str]) -> str:
        """The document; `titles` are those of the entries."""
        shown = [
            (one, UUID(one.public_id).urn, _cleaned(title), _moment(one.filed_at), _moment(one.updated_at))
            for one, title in zip(entries, titles, strict=True)
        ]
        # With nothing in it, it has never changed since the epoch: the element is required.
        newest = max((updated for *_, updated in shown), default="1970-01-01T00:00:00Z")
        return look.text("archive.atom", voice, feed=self, entries=shown, updated=newest, xml=_cleaned)


def _moment(at: datetime) -> str:
    """As RFC 3339 writes it."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _cleaned(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold at all (section 2.2); escaping is the template's."""
    return "".join(
        one for one in text if one in "\t\n\r" or _MIN <= one <= "\ud7ff" or (one >= "\ue000" and one not in _NONE)
    )


_MIN: Final = " "
_NONE: Final = frozenset("\ufffe\uffff")
