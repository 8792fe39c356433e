"""An import is run once more: by mistake, after a fault, or because the old site went on taking subscribers."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from notifier import readers
from notifier.consent import moving
from notifier.consent.links import UNSUBSCRIBE, Scope
from notifier.domain.takeover import Skip
from notifier.models import Base, Subscriber
from notifier.sources.wpdiscuz.csv_file import CsvTable
from notifier.sources.wpdiscuz.table import Row, TableError
from tests.takeover.conftest import HOME, Paper
from tests.takeover.tables import FOLLOWS, SUBSCRIPTIONS, follow, subscription, write

ROWS = (
    subscription(1, "layla@mail.iq"),
    subscription(2, "layla@mail.iq", "comment", 9),
    subscription(3, "omar@mail.iq", "all_comment"),
    subscription(4, "omar@mail.iq", "all_comment", activation_key="f" * 32),
    subscription(5, "", "post"),
)


def tables(paper: Paper) -> tuple[CsvTable, CsvTable]:
    subscriptions = write(paper.folder / "s.csv", SUBSCRIPTIONS.columns, ROWS)
    follows = write(paper.folder / "f.csv", FOLLOWS.columns, [follow(1, "omar@mail.iq")])
    return CsvTable(subscriptions, SUBSCRIPTIONS), CsvTable(follows, FOLLOWS)


def rows(paper: Paper, *, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    with paper.world.parts.db.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
            if table.name not in but
        }


def leave(paper: Paper, address: str, scope: Scope) -> None:
    with paper.world.parts.db.reading() as session:
        reader = session.scalars(select(Subscriber.id).where(Subscriber.address == address)).one()
    token = paper.world.parts.signer.sign(UNSUBSCRIBE, reader)
    assert readers.unsubscribe(paper.world.parts, token, scope, "", paper.world.now)


def test_a_dry_run_tells_what_the_real_one_does_and_changes_nothing(paper: Paper) -> None:
    before = rows(paper)
    told = paper.take(*tables(paper), go=False)
    assert rows(paper) == before
    assert paper.take(*tables(paper)) == told


def test_twice_is_as_good_as_once(paper: Paper) -> None:
    paper.take(*tables(paper))
    before, had = rows(paper), paper.has()
    paper.world.later(days=1)
    again = paper.take(*tables(paper))
    assert rows(paper) == before
    assert paper.has() == had
    assert (again["s.csv"].taken, again["s.csv"].already) == (0, 3)
    assert again["s.csv"].skipped == {Skip.DUPLICATE: 1, Skip.ADDRESS: 1}


@pytest.mark.parametrize("scope", Scope)
def test_who_has_left_here_is_not_brought_back(paper: Paper, scope: Scope) -> None:
    paper.take(*tables(paper))
    leave(paper, "layla@mail.iq", scope)
    again = paper.take(*tables(paper))
    assert "layla@mail.iq" not in paper.has()
    assert again["s.csv"].skipped[Skip.LEFT] == 2


def move(paper: Paper, old: str, new: str) -> None:
    world = paper.world
    with world.parts.db.writing() as session:
        reader = session.scalars(select(Subscriber).where(Subscriber.address == old)).one()
        moving.request(session, reader, new, world.now)
    for _ in range(4):
        world.later(minutes=1)
        world.tick()
    assert readers.confirm(world.parts, world.confirm_token(new), "", world.now)
    world.later(days=8)  # what stood with the wish is emptied
    world.tick()


def test_whoever_has_another_address_by_now_is_the_same_reader_and_stays_gone(paper: Paper) -> None:
    paper.take(*tables(paper))
    move(paper, "layla@mail.iq", "layla@new.iq")
    had = paper.has()
    again = paper.take(*tables(paper))
    assert (paper.has(), again["s.csv"].taken, again["s.csv"].already) == (had, 0, 3)
    leave(paper, "layla@new.iq", Scope.ALL)
    again = paper.take(*tables(paper))
    assert not [address for address in paper.has() if "layla" in address]
    assert (again["s.csv"].taken, again["s.csv"].skipped[Skip.LEFT]) == (0, 2)
    with paper.world.parts.db.reading() as session:
        assert "layla@mail.iq" not in session.scalars(select(Subscriber.address)).all()


def test_what_they_asked_for_under_the_address_they_left_comes_to_the_one_they_have(paper: Paper) -> None:
    paper.take(*tables(paper))
    move(paper, "layla@mail.iq", "layla@new.iq")
    more = write(paper.folder / "more.csv", SUBSCRIPTIONS.columns, [subscription(9, "layla@mail.iq", "comment", 77)])
    assert paper.take(CsvTable(more, SUBSCRIPTIONS))["more.csv"].taken == 1
    assert "layla@mail.iq" not in paper.has()
    assert f"replies:{HOME}/?p=164#comment-77" in paper.has()["layla@new.iq"]


def test_who_is_a_reader_already_keeps_what_they_have(paper: Paper) -> None:
    paper.world.reader("layla@mail.iq", name="ليلى")
    paper.take(*tables(paper))
    assert len(paper.has()["layla@mail.iq"]) == 3
    with paper.world.parts.db.reading() as session:
        assert session.scalars(select(Subscriber.name).where(Subscriber.address == "layla@mail.iq")).one() == "ليلى"


def test_an_erased_reader_stays_erased(paper: Paper) -> None:
    paper.take(*tables(paper))
    assert readers.erase(paper.world.parts, paper.world.site.id, "layla@mail.iq", paper.world.now)
    assert not [row for row in rows(paper)["old_links"] if "layla" in row]
    assert paper.take(*tables(paper))["s.csv"].skipped[Skip.SUPPRESSED] == 2
    assert "layla@mail.iq" not in paper.has()


class Torn:
    """A table whose server goes away in the middle."""

    name, shape, size = "torn", SUBSCRIPTIONS, 3000

    def __init__(self, last: int) -> None:
        self.last = last

    def rows(self) -> Iterator[Row]:
        for n in range(1, self.last + 1):
            yield Row(n, dict(zip(SUBSCRIPTIONS.columns, subscription(n, f"r{n}@mail.iq"), strict=True)), n)
        if self.last < self.size:
            raise TableError("gone")


def test_what_was_taken_before_a_fault_stays_and_the_next_run_goes_on(paper: Paper) -> None:
    with pytest.raises(TableError):
        paper.take(Torn(2500))
    assert len(paper.has()) == 2000, "whole batches"
    count = paper.take(Torn(3000))["torn"]
    assert (count.already, count.taken, len(paper.has())) == (2000, 1000, 3000)
    assert set(paper.has()["r1@mail.iq"]) == {f"thread:{HOME}/?p=164"}
