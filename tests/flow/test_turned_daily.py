"""Threads that turned daily by themselves, and what makes them prompt again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import readers
from notifier.consent.changing import PreferenceChange
from notifier.consent.links import UNSUBSCRIBE, Scope
from notifier.domain.words import Frequency
from notifier.models import FOR_GOOD, UNTIL_ALIVE, Bookmark
from tests.flow.test_threads import ME, SHE, pass_time, told
from tests.world import World

INSTANT = Frequency.INSTANT
Act = Callable[[World, int], object]


def daily_until(world: World) -> datetime | None:
    with world.parts.db.reading() as session:
        return session.scalars(select(Bookmark.daily_until)).one()


def change(world: World, reader: int, frequency: str) -> None:
    wanted = PreferenceChange({"thread:1": frequency})
    readers.change_preferences(world.parts, reader, wanted, "", world.now)


def resubscribe(world: World, reader: int) -> None:
    token = world.parts.signer.sign(UNSUBSCRIBE, reader)
    assert readers.unsubscribe(world.parts, token, Scope.ALL, "", world.now)
    world.reader(ME, "thread:1", frequency=INSTANT)


def visit(world: World, _: int) -> None:
    readers.note_visits(world.parts, world.site.id, [("1", ME)], world.now)


def comment(world: World, _: int) -> None:
    world.comment("own", "1", author_address=ME)


def shown_as(world: World, reader: int) -> Frequency | None:
    found = readers.read_preferences(world.parts, reader)
    assert found is not None
    return next(one.frequency for one in found.choices if one.topic == "thread:1")


def busy(world: World) -> int:
    """A thread that turned daily with its only letter of a day; gives the reader."""
    world.with_settings(thread_letters_per_day=1)
    world.article("1")
    world.work()
    reader = world.reader(ME, "thread:1", frequency=INSTANT).id
    world.comment("first", "1", author_address=SHE)
    pass_time(world, 10)
    assert told(world) == [["first"]]
    assert daily_until(world) == FOR_GOOD
    world.wire.sent.clear()
    return reader


@pytest.mark.parametrize(
    ("act", "letters"),
    [
        pytest.param(lambda world, reader: change(world, reader, "instant"), [["late"]], id="chosen"),
        pytest.param(resubscribe, [["late"]], id="subscribed-again"),
        pytest.param(visit, [], id="a-visit-chooses-nothing"),
        pytest.param(lambda world, reader: change(world, reader, "weekly"), [], id="rarer"),
    ],
)
def test_too_many_letters_turn_a_thread_daily_until_its_reader_chooses_anew(
    world: World, act: Act, letters: list[list[str]]
) -> None:
    reader = busy(world)
    world.later(days=2)
    act(world, reader)
    world.comment("late", "1", author_address=SHE)
    pass_time(world, 30, 10)
    assert told(world) == letters


def test_the_preference_page_shows_that_a_thread_turned_daily(world: World) -> None:
    reader = busy(world)
    assert shown_as(world, reader) is Frequency.DAILY
    change(world, reader, "instant")
    assert shown_as(world, reader) is INSTANT
    assert daily_until(world) is None


def test_who_chooses_anew_on_the_day_of_too_many_letters_has_the_rest_of_it_in_the_digest_only(world: World) -> None:
    reader = busy(world)
    change(world, reader, "instant")
    world.comment("today", "1", author_address=SHE)
    pass_time(world, 60, 10)
    assert told(world) == []
    world.now = world.now.replace(hour=5, minute=0) + timedelta(days=1)
    world.tick()
    assert told(world) == [["today"]]
    world.later(days=1, hours=3)
    world.tick()
    world.comment("later", "1", author_address=SHE)
    pass_time(world, 30, 10)
    assert told(world) == [["today"], ["later"]]


@pytest.mark.parametrize(
    "act", [visit, comment, lambda world, reader: change(world, reader, "instant")], ids=["visit", "comment", "chosen"]
)
def test_a_thread_that_nobody_seemed_to_read_is_prompt_again_with_a_sign_of_life(world: World, act: Act) -> None:
    world.article("1")
    world.work()
    reader = world.reader(ME, "thread:1", frequency=INSTANT, is_implicit=True).id
    world.later(days=8)
    world.comment("first", "1", author_address=SHE)
    pass_time(world, 30, 10)
    assert told(world) == []
    assert daily_until(world) == UNTIL_ALIVE
    act(world, reader)
    world.comment("late", "1", author_address=SHE)
    pass_time(world, 30, 10)
    assert told(world) == [["first", "late"]]
