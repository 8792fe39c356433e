"""What the tests of a WordPress share."""

from pathlib import Path

import pytest

from notifier.db import Database
from tests.world import World, make_world


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return make_world(db, tmp_path / "journal")
