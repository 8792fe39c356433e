"""One scheduler at a time works; who comes late or stays long harms nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from notifier import upkeep
from notifier.models import Lease
from notifier.queue import Nudge
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
