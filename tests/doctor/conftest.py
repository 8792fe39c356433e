"""A clinic on SQLite: the checks of the database itself have both."""

from pathlib import Path

import pytest

from notifier.db import Database
from tests.doctor.zone import Clinic, Zone
from tests.world import make_world


@pytest.fixture
def clinic(sqlite_template: Path, tmp_path: Path) -> Clinic:
    """A world with one site, and a zone with nothing in it."""
    place = tmp_path / "n.db"
    place.write_bytes(sqlite_template.read_bytes())
    return Clinic(make_world(Database(f"sqlite:///{place}"), tmp_path / "journal"), Zone(), tmp_path / "journal")
