"""A newspaper whose readers come from WordPress."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from notifier.consent.taking import Basis
from notifier.db import Database
from notifier.domain.takeover import Guids
from notifier.domain.words import Frequency
from notifier.models import Subscriber, Subscription, Topic
from notifier.sources.wpdiscuz.csv_file import CsvTable
from notifier.sources.wpdiscuz.reading import Terms
from notifier.sources.wpdiscuz.table import Shape, Table
from notifier.takeover import Count, Ears, Job, Skipped, take_over
from tests.world import World, make_world

HOME = "https://rafidain.iq"


@dataclass
class Paper:
    """A world, and imports into it."""

    world: World
    folder: Path

    def take(self, *tables: Table, go: bool = True, skipped: list[Skipped] | None = None) -> dict[str, Count]:
        """Run an import."""
        ears = Ears(skipped.append) if skipped is not None else Ears()
        return take_over(self.world.parts, tables, self.job(go=go), ears)

    def job(self, *, go: bool) -> Job:
        """An import with the site's own guids."""
        terms = Terms(Guids.of(HOME), ZoneInfo("Asia/Baghdad"), self.world.now, frozenset({"mailinator.com"}))
        basis = Basis("wpdiscuz", "confirmed with wpDiscuz", Frequency.INSTANT)
        return Job(self.world.site.id, basis, terms, is_for_good=go)

    def has(self) -> dict[str, list[str]]:
        """Address -> the topics of its active subscriptions."""
        found: dict[str, list[str]] = {}
        with self.world.parts.db.reading() as session:
            rows = session.execute(
                select(Subscriber.address, Topic.name)
                .join(Subscription, Subscription.subscriber_id == Subscriber.id)
                .join(Topic, Topic.id == Subscription.topic_id)
                .where(Subscription.ended_at.is_(None), Subscriber.confirmed_at.is_not(None))
                .order_by(Topic.name)
            )
            for address, topic in rows:
                # Whose comments are meant stands in such a topic as a hash.
                found.setdefault(address, []).append(re.sub("^mine:[0-9a-f]{64}/", "mine:", topic))
        return found


@pytest.fixture
def paper(db: Database, tmp_path: Path) -> Paper:
    return Paper(make_world(db, tmp_path / "journal"), tmp_path)


Csv = Callable[..., Table]


@pytest.fixture
def table(tmp_path: Path) -> Csv:
    """An export of this shape."""

    def made(shape: Shape, text: str | bytes, name: str = "export.csv") -> Table:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CsvTable(path, shape)

    return made
