"""The drill's judge: it sees what is lost, what came twice, and books that say something else than the mail server."""

from pathlib import Path

import pytest

from drill.books import Verdict, is_settled, judge
from drill.faults import FAULTS
from drill.sends import Row, Stage
from drill.table import figures, markdown, write
from notifier.db import Database
from notifier.domain.outcome import Refused
from notifier.domain.words import Frequency
from tests.world import World, make_world

OWED = {f"r{n}@example.org" for n in range(4)}
KILL = next(fault for fault in FAULTS if fault.doubles)
FLUSH = next(fault for fault in FAULTS if not fault.doubles)


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    world = make_world(db, tmp_path / "journal")
    for address in sorted(OWED):
        world.reader(address, frequency=Frequency.INSTANT)
    return world


def arrived(world: World) -> dict[str, int]:
    recipients = [message.rcpt_to for message in world.wire.sent]
    return {address: recipients.count(address) for address in recipients}


def test_a_send_that_went_well_is_settled_and_balanced(world: World) -> None:
    item = world.article("1")
    assert not is_settled(world.parts, item, len(OWED))
    world.work()
    assert is_settled(world.parts, item, len(OWED))
    found = judge(world.parts, item, OWED, arrived(world))
    # The four confirmations are in the books as well, but not of this story.
    assert found == Verdict(planned=4, sent=4, refused=0, lost=0, doubled=0, balanced=True)


def test_what_the_mail_server_never_had_is_lost_and_what_it_had_twice_is_doubled(world: World) -> None:
    item = world.article("1")
    world.work()
    counts = arrived(world)
    counts.pop("r0@example.org")
    counts["r1@example.org"] += 2
    found = judge(world.parts, item, OWED, counts)
    assert (found.lost, found.doubled, found.balanced) == (1, 2, False)


def test_a_refusal_for_good_is_no_loss_but_must_not_have_arrived(world: World) -> None:
    world.wire.outcomes["r2@example.org"] = Refused("550 5.1.1 nobody", forever=True)
    item = world.article("1")
    world.work()
    counts = arrived(world)
    counts.pop("r2@example.org", None)
    found = judge(world.parts, item, OWED, counts)
    assert (found.sent, found.refused, found.lost, found.balanced) == (3, 1, 0, True)
    assert not judge(world.parts, item, OWED, counts | {"r2@example.org": 1}).balanced


@pytest.mark.parametrize(
    ("doubled", "lost", "balanced", "is_kept"),
    [(2, 0, True, True), (3, 0, True, False), (0, 1, True, False), (0, 0, False, False)],
)
def test_a_kill_may_double_as_many_as_connections_were_open(
    doubled: int, lost: int, *, balanced: bool, is_kept: bool
) -> None:
    row = Row(KILL, Stage.DONE, connections=2, verdict=Verdict(4, 4, 0, lost, doubled, balanced))
    assert row.is_kept is is_kept
    assert figures([row])["kept"] is is_kept


def test_what_kills_nothing_may_double_nothing_and_trouble_breaks_the_promise() -> None:
    fine = Verdict(4, 4, 0, 0, 0, balanced=True)
    assert Row(FLUSH, Stage.DONE, connections=2, verdict=fine).is_kept
    assert not Row(FLUSH, Stage.DONE, connections=2, verdict=Verdict(4, 4, 0, 0, 1, balanced=True)).is_kept
    assert not Row(FLUSH, Stage.DONE, verdict=fine, trouble="not within 40 s").is_kept
    assert not Row(FLUSH).is_kept
    assert Row(FLUSH, Stage.IMPOSSIBLE).is_kept


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text("before\n<!-- drill -->\nold\n<!-- /drill -->\nafter\n")
    row = Row(KILL, Stage.DONE, strikes=5, connections=2, verdict=Verdict(4, 4, 0, 0, 1, balanced=True), seconds=7.04)
    write(document, markdown([row], "here"))
    text = document.read_text()
    assert text.startswith("before\n<!-- drill -->\nhere\n")
    assert f"| {KILL.name} | 5 | 4 | 4 | 0 | 0 | 1 | 2 | yes | 7.0 |" in text
    assert "old" not in text
    assert text.endswith("<!-- /drill -->\nafter\n")
    document.write_text("no marks")
    with pytest.raises(ValueError, match="has no"):
        write(document, "table")
