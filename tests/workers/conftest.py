"""A crew per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.embedded.valkey import Valkey
from tests.workers.crew import Crew


@pytest.fixture
def crew(tmp_path: Path, valkey: Valkey) -> Iterator[Crew]:
    folder = tmp_path / "crew"
    folder.mkdir()
    crew = Crew(folder, valkey.url)
    yield crew
    crew.end()
