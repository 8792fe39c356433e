"""A site with an endpoint on loopback that is told what happens."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.db import Database
from notifier.desk.audit import Actor
from notifier.domain.calls import OFFERED
from notifier.endpoints import NewEndpoint, Office
from notifier.models import Call, Endpoint
from notifier.sources.fetch import Fetcher
from tests.mailroom.conftest import Paper, paper
from tests.world import World, make_world

__all__ = ["paper"]
ME = "layla@example.org"
EVERYTHING = tuple(event.value for event in OFFERED)


@dataclass
class Told:
    """Who is told, and by whom."""

    world: World
    paper: Paper
    id: int
    secret: str

    @property
    def office(self) -> Office:
        """The owner's, now."""
        return Office(self.world.parts, self.world.site.id, Actor("cli"), self.world.now)

    def calls(self) -> list[Call]:
        """Every call there is."""
        with self.world.parts.db.reading() as session:
            return list(session.scalars(select(Call).order_by(Call.id)))

    def endpoint(self) -> Endpoint:
        """As it is now."""
        with self.world.parts.db.reading() as session:
            return session.get_one(Endpoint, self.id)

    def add(self, *events: str, with_address: bool = False) -> int:
        """Another endpoint at the same place."""
        return self.office.add(NewEndpoint(self.paper.url, events, with_address))[0]


@pytest.fixture
def told(db: Database, tmp_path: Path, paper: Paper) -> Told:
    world = make_world(db, tmp_path / "journal")
    world.parts = replace(world.parts, fetch=Fetcher(5, 100_000, (f"127.0.0.1:{paper.port}",)))
    office = Office(world.parts, world.site.id, Actor("cli"), world.now)
    made, secret = office.add(NewEndpoint(paper.url, EVERYTHING))
    return Told(world, paper, made, secret)
