"""Two batches of a list that are written at once: PostgreSQL's matter, for SQLite has one writer."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import OperationalError

from notifier import imports
from notifier.domain.desk_words import ImportState
from notifier.models import ConsentEvent, Subscriber, SubscriberTag, Subscription
from notifier.sources import lists
from tests.imports.conftest import Bench

WAIT_S = 10
_BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_BY_A_ROW = f"{_BLOCKED} AND wait_event <> 'advisory'"
_PATIENT = f"{_BLOCKED} AND wait_event = 'advisory'"


pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""SQLite has one writer."""


@dataclass
class Held:
    """An import in two batches: a stranger's transaction holds up the first, the second has written its rows."""

    bench: Bench
    number: int
    path: Path
    end: "Future[ImportState]"
    first_pid: int

    def kill_the_first(self) -> None:
        """Its connection is cut."""
        with self.bench.world.parts.db.reading() as session:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": self.first_pid})


@contextmanager
def held(bench: Bench, rows: str, **given: Any) -> Iterator[Held]:
    """Take `rows` in, ten a batch; `held@example.org` of the first is being signed up elsewhere meanwhile."""
    world, path = bench.world, bench.file("email,name\n" + rows)
    number = bench.begin(path, **given)
    with ThreadPoolExecutor(1) as pool, world.parts.db.engine.connect() as stranger:
        stranger.execute(
            insert(Subscriber),
            {
                "site_id": world.site.id, "address": "held@example.org", "address_key": "held@example.org",
                "address_hash": "0" * 64, "language": "ar", "time_zone": "UTC", "digest_hour": 7,
                "digest_weekday": 0, "created_at": world.now, "changed_at": world.now,
            },
        )  # fmt: skip
        end = pool.submit(
            imports.advance, world.parts, number, world.clock,
            opened=lists.of_file(path), turn=imports.Turn(at_once=10),
        )  # fmt: skip
        first = seen(bench, _BY_A_ROW, end)
        seen(bench, _PATIENT, end)
        yield Held(bench, number, path, end, first)
        stranger.rollback()


def seen(bench: Bench, asked: str, end: "Future[ImportState]") -> int:
    """Wait until the server tells of such a connection."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and not end.done():
        with bench.world.parts.db.reading() as session:
            if pid := session.scalar(text(asked)):
                return int(pid)
        time.sleep(0.02)
    raise AssertionError(f"never seen: {asked}")


def rows_of(first: str, second: str) -> str:
    """Twenty rows: ten a batch, `first` and `second` among them."""
    return "".join(
        f"{one}held@example.org,محتجز\n" + "".join(f"r{start + n}@example.org,قارئ\n" for n in range(8))
        if start == 0
        else one + "".join(f"r{start + n}@example.org,قارئ\n" for n in range(9))
        for start, one in ((0, first), (100, second))
    )


def count(bench: Bench, model: type) -> int:
    """How many rows there are."""
    with bench.world.parts.db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_of_two_batches_that_meet_over_an_address_the_earlier_row_counts(bench: Bench) -> None:
    rows = rows_of("both@example.org,الأول\n", "Both@example.org,الثاني\n")
    with held(bench, rows, tag="old") as going:
        assert bench.readers() == {}, "the second waits with its commit, however fast it was"
    assert going.end.result(WAIT_S) is ImportState.DONE
    assert bench.row(going.number).counts == {"new": 19, "already": 1}
    readers = bench.readers()
    assert readers["both@example.org"].name == "الأول"
    assert len(readers) == count(bench, Subscription) == count(bench, ConsentEvent) == count(bench, SubscriberTag) == 19


def test_a_batch_whose_forerunner_dies_is_taken_back_and_both_come_in_later(bench: Bench) -> None:
    with held(bench, rows_of("a@example.org,x\n", "no address,x\n"), tag="old") as going:
        going.kill_the_first()
        with pytest.raises(OperationalError):
            going.end.result(WAIT_S)
        assert (bench.row(going.number).position, bench.row(going.number).counts) == (0, {})
        assert bench.readers() == {}
        assert bench.faults(going.number) == []
    done = bench.run(going.path, tag="old")
    assert (done.id, done.position, done.counts) == (going.number, 20, {"new": 19, "bad": 1})
    assert len(bench.readers()) == count(bench, Subscription) == count(bench, ConsentEvent) == 19
    assert bench.faults(done.id) == [(12, "at_sign")]


def test_a_second_worker_keeps_its_hands_off_batches_that_are_under_way(bench: Bench) -> None:
    with held(bench, rows_of("a@example.org,x\n", "b@example.org,x\n")) as going:
        world = bench.world
        opened, turn = lists.of_file(going.path), imports.Turn(at_once=10)
        state = imports.advance(world.parts, going.number, world.clock, opened=opened, turn=turn)
        assert state is ImportState.IMPORTING
        assert bench.row(going.number).position == 0
    assert going.end.result(WAIT_S) is ImportState.DONE
    assert bench.row(going.number).counts == {"new": 20}


def test_two_batches_that_bring_the_same_new_tag_do_not_wait_for_each_other(bench: Bench) -> None:
    path = bench.file("email,tags\n" + "".join(f"r{n}@example.org,tag{n % 7}\n" for n in range(60)))
    number = bench.begin(path)
    world, turn = bench.world, imports.Turn(at_once=5)
    assert imports.advance(world.parts, number, world.clock, opened=lists.of_file(path), turn=turn) is ImportState.DONE
    assert bench.tags("r59@example.org") == {"tag3"}
    assert bench.row(number).counts == {"new": 60}


def test_two_lists_with_the_same_readers_come_in_at_once_and_each_reader_is_there_once(bench: Bench) -> None:
    world, numbers = bench.world, list(range(60))
    ways = {"there.csv": numbers, "back.csv": numbers[::-1]}
    paths = [
        bench.file("email\n" + "".join(f"r{n}@example.org\n" for n in way), name=name) for name, way in ways.items()
    ]
    begun = [bench.begin(path) for path in paths]

    def advance(number: int, path: Path) -> ImportState:
        turn = imports.Turn(at_once=10)
        return imports.advance(world.parts, number, world.clock, opened=lists.of_file(path), turn=turn)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(advance, begun, paths)) == [ImportState.DONE] * 2
    assert len(bench.readers()) == count(bench, Subscription) == 60
    assert [sum(bench.row(number).counts.values()) for number in begun] == [60, 60]
