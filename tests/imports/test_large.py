"""A long list: in memory that stays flat, and every row once."""

import resource
from pathlib import Path

import pytest
from sqlalchemy import func, select

from notifier.models import Subscriber
from tests.imports.conftest import Bench

ROWS = 200_000
MEMORY_MB = 120


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_thousand_rows_come_in_without_filling_the_memory(bench: Bench) -> None:
    path: Path = bench.folder / "large.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write("email,name\n")
        stream.writelines(f"reader{n}@mail{n % 7001}.example,قارئ {n}\n" for n in range(ROWS))
    bench.run(bench.file("email\na@example.org\n", name="small.csv"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert bench.run(path, tag="large").counts == {"new": ROWS}
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEMORY_MB
    with bench.world.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == ROWS + 1
