"""One scheduler at a time works; who comes late or stays long harms nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from notifier import flow, tally, upkeep
from notifier.domain.words import Frequency, State
from notifier.models import Delivery, Lease, Subscriber
from notifier.queue import Nudge, Task
from tests.world import World


def test_one_scheduler_at_a_time_ticks(world: World) -> None:
    second: list[bool] = []

    def meanwhile(_nudges: Sequence[Nudge]) -> None:
        if not second:
            second.append(False)
            second[0] = upkeep.tick(world.parts, world.now)

    assert upkeep.tick(replace(world.parts, bell=meanwhile), world.now)
    assert second == [False]
    assert upkeep.tick(world.parts, world.now), "the lease was given back"


def test_a_tick_whose_worker_was_killed_holds_the_others_up_for_three_ticks(world: World) -> None:
    killed: list[bool] = []

    def kill(_nudges: Sequence[Nudge]) -> None:
        killed.append(upkeep.tick(world.parts, world.now + timedelta(seconds=3 * world.parts.settings.tick_s - 1)))
        killed.append(upkeep.tick(world.parts, world.now + timedelta(seconds=3 * world.parts.settings.tick_s)))

    upkeep.tick(replace(world.parts, bell=kill), world.now)
    assert killed[:2] == [False, True]


def test_a_tick_that_outlasts_its_lease_leaves_the_next_ones_alone(world: World) -> None:
    theirs = world.now + timedelta(minutes=3)

    def taken_over(_nudges: Sequence[Nudge]) -> None:
        with world.parts.db.writing() as session:
            session.execute(update(Lease).values(until=theirs))

    upkeep.tick(replace(world.parts, bell=taken_over), world.now)
    with world.parts.db.reading() as session:
        assert session.scalars(select(Lease.until)).one() == theirs


def test_an_act_that_fails_keeps_no_letter_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.rung.clear()

    def fail(*_given: object) -> None:
        raise LookupError("of one site, or one reader")

    monkeypatch.setattr(flow, "open_runs", fail)
    monkeypatch.setattr(tally, "squeeze", fail)
    world.later(minutes=30)
    for _ in range(2):
        with pytest.raises(LookupError), capture_logs() as lines:
            world.tick()
        world.work()
        world.later(minutes=30)
    assert {line["chore"] for line in lines if line["event"] == "chore_failed"} >= {"fail", "tallies"}
    assert "of one site" not in str(lines)
    assert [one.rcpt_to for one in world.wire.sent] == ["a@example.org"]


def test_without_redis_one_thing_that_fails_does_not_stop_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    world.article("2")
    world.wire.sent.clear()
    with world.parts.db.writing() as session:
        session.execute(update(Delivery).values(state=State.QUEUED, finished_at=None, account=""))

    def fail(*_given: object) -> None:
        raise LookupError

    monkeypatch.setattr(upkeep, "_ABOUT_A_ROW", {Task.PUBLISH: fail})
    world.later(minutes=30)
    with pytest.raises(LookupError):
        upkeep.drain(world.parts, world.clock, timedelta(seconds=1))
    assert "a@example.org" in [one.rcpt_to for one in world.wire.sent]


@pytest.mark.long
def test_a_zone_that_this_machine_does_not_know_costs_nobody_their_digest(world: World) -> None:
    world.reader("a@example.org")
    world.reader("b@example.org")
    with world.parts.db.writing() as session:
        session.execute(
            update(Subscriber).where(Subscriber.address == "a@example.org").values(time_zone="Atlantis/Capital")
        )
    world.article("1")
    for _ in range(24):
        world.later(hours=1)
        world.tick()
    assert {one.rcpt_to for one in world.wire.sent} == {"a@example.org", "b@example.org"}
