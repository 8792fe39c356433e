import pytest

from notifier.db import Database
from tests.world import World, make_world


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)
