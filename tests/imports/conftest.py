"""A site with two sections, and files of readers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from notifier import imports
from notifier.db import Database
from notifier.desk.audit import Actor
from notifier.domain.desk_words import ImportState
from notifier.domain.importing import formats
from notifier.domain.importing.plan import Plan
from notifier.imports.local import Local, begin
from notifier.models import Import, Subscriber, SubscriberTag, Subscription, Tag, Topic
from notifier.sources import lists
from tests.world import World, make_world

POLITICS = "category:سياسة"
SPORT = "category:رياضة"
EDITOR = Actor("user:1")


@dataclass
class Bench:
    """A world, a folder, and what an editor decides unless a test says otherwise."""

    world: World
    folder: Path

    def file(self, text: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
        """Write a list."""
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def plan(self, path: Path, **given: Any) -> Plan:
        """What the header says, with politics for everybody."""
        head = lists.look(lists.of_file(path))
        found = formats.recognised(head.columns)
        decided = {
            "columns": formats.places(head.columns, found.columns), "basis": "نموذج الموقع القديم",
            "source": found.name, "topics": (POLITICS,), "encoding": head.encoding, "delimiter": head.delimiter,
            "begin": head.begin,
        }  # fmt: skip
        return Plan(**{**decided, **given})

    def run(self, path: Path, *, is_for_good: bool = True, **given: Any) -> Import:
        """Take a list in, or only look; gives what the database keeps of it."""
        number = self.begin(path, is_for_good=is_for_good, **given)
        state = imports.advance(
            self.world.parts, number, self.world.clock, opened=lists.of_file(path), turn=imports.Turn()
        )
        assert state is (ImportState.DONE if is_for_good else ImportState.CHECKED)
        return self.row(number)

    def begin(self, path: Path, *, is_for_good: bool = True, **given: Any) -> int:
        """Note it, and do nothing more."""
        wanted = Local(self.world.site.id, path, self.plan(path, **given), is_for_good=is_for_good)
        return begin(self.world.parts, wanted, EDITOR, self.world.now)

    def row(self, number: int) -> Import:
        """The import."""
        with self.world.parts.db.reading() as session:
            return session.get_one(Import, number)

    def faults(self, number: int) -> list[tuple[int, str]]:
        """Lines and reasons."""
        with self.world.parts.db.reading() as session:
            return [(one.line, one.reason) for one in imports.rejected(session, number)]

    def readers(self) -> dict[str, Subscriber]:
        """By address."""
        with self.world.parts.db.reading() as session:
            return {one.address: one for one in session.scalars(select(Subscriber))}

    def active(self, address: str) -> set[str]:
        """Names of the topics that a reader gets."""
        with self.world.parts.db.reading() as session:
            found = (
                select(Topic.name)
                .join(Subscription, Subscription.topic_id == Topic.id)
                .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
                .where(Subscriber.address == address, Subscription.ended_at.is_(None))
            )
            return set(session.scalars(found))

    def tags(self, address: str) -> set[str]:
        """Names of a reader's tags."""
        with self.world.parts.db.reading() as session:
            found = select(Tag.name).join(SubscriberTag).join(Subscriber).where(Subscriber.address == address)
            return set(session.scalars(found))


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    """A fresh one on each database."""
    return make_world(db, tmp_path / "journal")


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    """A place to import to."""
    world.topics([POLITICS, SPORT])
    return Bench(world, tmp_path)
