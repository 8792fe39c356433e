"""Digests: at the reader's hour, each item once, nothing missed, nothing empty."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import flow, readers, upkeep
from notifier.consent.changing import PreferenceChange
from notifier.domain.words import Frequency
from notifier.models import Letter, Run
from tests.world import World, text_of

DAWN = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""Eight o'clock in Baghdad, the day after the world's noon."""


def test_an_empty_digest_is_not_sent(world: World) -> None:
    world.reader("a@example.org", "category:رياضة")
    world.article("1", "سياسة")
    world.now = DAWN
    world.tick()
    assert world.wire.sent == []
    assert world.balance().planned == 1, "the confirmation only"


def test_an_item_of_two_wanted_categories_stands_in_the_digest_once(world: World) -> None:
    world.reader("a@example.org", "category:سياسة", "category:رئيسي")
    world.article("1", "رئيسي", "سياسة")
    world.work()
    world.now = DAWN
    world.tick()
    (letter,) = world.letters()
    assert text_of(letter).count("خبر 1") == 1


def test_readers_of_equal_subscriptions_share_one_letter(world: World) -> None:
    for n in range(6):
        world.reader(f"r{n}@example.org", "category:سياسة")
    world.reader("other@example.org", "category:رياضة")
    world.article("1", "سياسة")
    world.article("2", "رياضة")
    world.now = DAWN
    world.tick()
    assert len(world.wire.sent) == 7
    with world.parts.db.reading() as session:
        planned = session.scalars(select(Letter.planned_count).where(Letter.kind == "digest")).all()
    assert sorted(planned) == [1, 6]


@pytest.mark.long
def test_each_reader_gets_it_at_eight_in_their_own_zone(world: World) -> None:
    world.reader("baghdad@example.org", time_zone="Asia/Baghdad")
    world.reader("tehran@example.org", time_zone="Asia/Tehran")
    world.reader("london@example.org", time_zone="Europe/London")
    world.article("1")
    came: dict[str, datetime] = {}
    for quarter in range(4 * 4):
        world.now = DAWN - timedelta(minutes=45) + timedelta(minutes=15 * quarter)
        world.tick()
        for address in world.subjects():
            came.setdefault(address, world.now)
    assert came == {
        "tehran@example.org": datetime(2026, 11, 24, 4, 30, tzinfo=UTC),
        "baghdad@example.org": DAWN,
        "london@example.org": datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    }
    assert len(world.wire.sent) == 3


def test_a_run_missed_by_some_hours_is_made_up_for(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    world.now = DAWN + timedelta(hours=5)
    world.tick()
    assert len(world.wire.sent) == 1


def test_what_a_skipped_day_held_comes_with_the_next_digest(world: World) -> None:
    world.reader("a@example.org")
    world.now = DAWN
    world.tick()
    world.article("1")
    # Two mornings without beat, then on the third day it is back in the evening, too late for that day's digest.
    world.now = DAWN + timedelta(days=2, hours=13)
    world.tick()
    assert world.wire.sent == []
    world.article("2")
    world.now = DAWN + timedelta(days=3)
    world.tick()
    (letter,) = world.letters()
    assert "خبر 1" in text_of(letter)
    assert "خبر 2" in text_of(letter)


def test_a_run_whose_nudge_was_lost_is_planned_by_the_sweep(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    world.work()
    world.now = DAWN
    upkeep.tick(world.parts, world.now)
    world.rung.clear()
    world.later(seconds=30)
    world.tick()
    assert len(world.wire.sent) == 1


def test_planning_a_run_twice_plans_it_once(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    world.now = DAWN
    world.tick()
    with world.parts.db.reading() as session:
        runs = session.scalars(select(Run.id)).all()
    for run in runs:
        flow.plan_run(world.parts, run, world.now)
    world.work()
    assert len(world.wire.sent) == 1


@pytest.mark.long
def test_a_reader_who_moves_their_hour_misses_nothing_and_gets_nothing_twice(world: World) -> None:
    reader = world.reader("a@example.org")
    seen: list[str] = []
    moment = DAWN
    for n in range(1, 5):
        world.article(str(n))
        world.now = moment
        world.tick()
        seen += [line for letter in world.letters() for line in text_of(letter).splitlines() if "خبر" in line]
        world.wire.sent.clear()
        hour = [20, 6, 23, 8][n - 1]
        world.later(hours=1)
        readers.change_preferences(world.parts, reader.id, PreferenceChange(digest_hour=hour), "", world.now)
        local = world.now + timedelta(hours=3)
        due = local.replace(hour=hour, minute=0)
        moment = (due if due > local else due + timedelta(days=1)) - timedelta(hours=3)
    for n in range(1, 5):
        assert sum(f"خبر {n}" in line and "نص" not in line for line in seen) >= 1, n
    assert world.balance().failed == 0


def test_changing_from_instant_to_daily_does_not_repeat_the_story(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    assert len(world.wire.sent) == 1
    world.later(hours=1)
    change = PreferenceChange(frequencies={"category:سياسة": "daily"})
    readers.change_preferences(world.parts, reader.id, change, "", world.now)
    world.article("2")
    world.work()
    world.now = DAWN
    world.tick()
    digest = text_of(world.letters()[1])
    assert "خبر 2" in digest
    assert "خبر 1" not in digest


def test_daily_comments_join_the_daily_digest_with_the_articles(world: World) -> None:
    world.article("0")
    world.work()
    world.reader("a@example.org", "category:سياسة", "thread:0")
    world.article("1")
    world.comment("c1", "0")
    world.work()
    world.now = DAWN
    world.tick()
    (letter,) = world.letters()
    assert "خبر 1" in text_of(letter)
    assert "تعليق c1" in text_of(letter)
    world.now = DAWN + timedelta(days=1)
    world.tick()
    assert len(world.wire.sent) == 1


def test_a_newcomer_does_not_get_the_digest_that_was_due_before_they_came(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    world.now = DAWN + timedelta(hours=2)
    world.reader("b@example.org")
    world.tick()
    assert list(world.subjects()) == ["a@example.org"]


def test_a_long_digest_says_how_much_it_leaves_out(world: World) -> None:
    world.with_settings(digest_items_max=3)
    world.reader("a@example.org")
    for n in range(8):
        world.article(f"k{n}")
    world.now = DAWN
    world.tick()
    (letter,) = world.letters()
    assert sum(f"خبر k{n}" in text_of(letter) for n in range(8)) == 3


def test_an_hourly_digest_comes_with_the_hour_and_only_with_news(world: World) -> None:
    world.later(minutes=1)
    world.reader("a@example.org", frequency=Frequency.HOURLY)
    world.article("1")
    came = []
    for minutes in (30, 59, 60, 90, 120):
        world.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        world.tick()
        came += [minutes] * len(world.wire.sent)
        world.wire.sent.clear()
    assert came == [60]


@pytest.mark.long
def test_a_weekly_digest_comes_on_the_sites_weekday(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.WEEKLY)
    world.article("1")
    came = []
    for day in range(8):
        for minutes in (-1, 0):
            world.now = DAWN + timedelta(days=day, minutes=minutes)
            world.tick()
            came += [world.now] * len(world.wire.sent)
            world.wire.sent.clear()
    assert came == [datetime(2026, 11, 28, 5, tzinfo=UTC)]
