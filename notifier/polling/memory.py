"""What earlier looks at a WordPress saw, in the database."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select

from notifier.db import Database, upsert
from notifier.domain.words import ItemKind
from notifier.models import Sighting
from notifier.sources.wordpress import Sighted

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Sightings:
    """The sightings of one source."""

    db: Database
    source_id: int

    def sighted(self, kind: ItemKind, numbers: Collection[int]) -> dict[int, Sighted]:
        """Those of these numbers that were ever seen."""
        wanted = sorted(numbers)
        found: dict[int, Sighted] = {}
        for first in range(0, len(wanted), AT_ONCE):
            found.update(self._where(kind, Sighting.number.in_(wanted[first : first + AT_ONCE])))
        return found

    def live_between(self, kind: ItemKind, first: datetime, last: datetime | None) -> dict[int, Sighted]:
        """What was live when last seen and was published in this span; None leaves it open."""
        span = Sighting.is_live & (Sighting.published_at >= first)
        return self._where(kind, span if last is None else span & (Sighting.published_at <= last))

    def keep(self, sighted: Iterable[Sighted]) -> None:
        """Remember how these were seen last."""
        rows = [{"source_id": self.source_id, **asdict(one)} for one in sighted]
        for first in range(0, len(rows), AT_ONCE):
            with self.db.writing() as session:
                insert = upsert(session, Sighting).values(rows[first : first + AT_ONCE])
                new = {name: insert.excluded[name] for name in ("guid", "mark", "published_at", "is_live")}
                keys = ["source_id", "kind", "number"]
                session.execute(insert.on_conflict_do_update(index_elements=keys, set_=new))

    def _where(self, kind: ItemKind, condition: ColumnElement[bool]) -> dict[int, Sighted]:
        ours = (Sighting.source_id == self.source_id, Sighting.kind == kind)
        with self.db.reading() as session:
            return {
                row.number: Sighted(row.kind, row.number, row.guid, row.mark, row.published_at, row.is_live)
                for row in session.scalars(select(Sighting).where(*ours, condition))
            }
