"""Digests under an editor's hand: order, what is left out, a hold; nobody gets what they did not ask for."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import digests
from notifier.desk.audit import Actor
from notifier.digests import GivenUpError, Order, Place, TooLateError
from notifier.domain.words import Frequency
from notifier.models import AuditEvent, Run
from tests.world import World, text_of

DAWN = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""Eight o'clock in Baghdad, the day after the world's noon."""
CLI = Actor("cli")


def place(world: World, at: datetime = DAWN, frequency: Frequency = Frequency.DAILY) -> Place:
    return Place(world.site.id, frequency, at)


def digest(world: World, at: datetime) -> list[str]:
    """The stories of the digest that this moment brings, in their order; of one reader."""
    world.wire.sent.clear()
    world.now = at
    world.tick()
    return [word for letter in world.letters() for word in stories(text_of(letter))]


def stories(text: str) -> list[str]:
    found = {name: text.index(f"خبر {name}") for name in "123456" if f"خبر {name}" in text}
    return sorted(found, key=found.__getitem__)


def test_pinned_articles_come_first_in_their_order(world: World) -> None:
    world.reader("a@example.org")
    one, two, three = (world.article(name) for name in "123")
    assert [entry.id for entry in digests.look(world.parts, place(world)).entries] == [three, two, one]
    digests.arrange(world.parts, place(world), Order((one, three)), CLI, world.now)
    assert digest(world, DAWN) == ["1", "3", "2"]


def test_a_pin_brings_nobody_what_they_did_not_ask_for(world: World) -> None:
    world.reader("a@example.org", "category:رياضة")
    world.article("1", "رياضة")
    digests.arrange(world.parts, place(world), Order((world.article("2", "سياسة"),)), CLI, world.now)
    assert digest(world, DAWN) == ["1"]


def test_what_is_dropped_comes_neither_now_nor_later(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    digests.arrange(world.parts, place(world), Order(dropped=(world.article("2"),)), CLI, world.now)
    assert digest(world, DAWN) == ["1"]
    world.article("3")
    assert digest(world, DAWN + timedelta(days=1)) == ["3"]


def test_what_is_postponed_comes_with_the_next(world: World) -> None:
    world.reader("a@example.org")
    digests.arrange(world.parts, place(world), Order(postponed=(world.article("1"),)), CLI, world.now)
    world.article("2")
    assert digest(world, DAWN) == ["2"]
    assert digest(world, DAWN + timedelta(days=1)) == ["1"]
    assert digest(world, DAWN + timedelta(days=2)) == []


def test_a_particular_reader_gets_the_same_order(world: World) -> None:
    world.article("0", "ثقافة")
    world.reader("a@example.org", "category:سياسة", "category:ثقافة")
    one, two, three = (world.article(name) for name in "123")
    world.later(hours=1)
    world.reader("a@example.org", "category:سياسة", "category:رياضة")  # Changed within the window.
    digests.arrange(world.parts, place(world), Order((one,), (two,)), CLI, world.now)
    assert digest(world, DAWN) == ["1", "3"]
    assert three


def test_a_digest_of_which_everything_was_dropped_is_not_sent(world: World) -> None:
    world.reader("a@example.org")
    digests.arrange(world.parts, place(world), Order(dropped=(world.article("1"),)), CLI, world.now)
    assert digest(world, DAWN) == []
    assert world.balance().planned == 1, "the confirmation only"


def test_a_held_digest_waits_until_it_is_released(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    digests.hold(world.parts, place(world), CLI, world.now)
    assert digest(world, DAWN) == []
    assert digest(world, DAWN + timedelta(hours=2)) == []
    assert [one.at for one in digests.ahead(world.parts, world.site.id, world.now).held] == [DAWN]
    digests.release(world.parts, place(world), CLI, world.now)
    world.work()
    assert stories(text_of(world.letters()[0])) == ["1"]
    with world.parts.db.reading() as session:
        assert session.scalars(select(AuditEvent.action)).all() == ["digest.held", "digest.released"]


def test_readers_of_another_hour_do_not_wait_for_a_held_digest(world: World) -> None:
    world.reader("baghdad@example.org", time_zone="Asia/Baghdad")
    world.reader("london@example.org", time_zone="Europe/London")
    world.article("1")
    digests.hold(world.parts, place(world), CLI, world.now)
    assert digest(world, DAWN) == []
    assert digest(world, DAWN + timedelta(hours=3)) == ["1"]
    assert list(world.subjects()) == ["london@example.org"]


def test_a_held_hourly_digest_holds_the_next_one_too(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.HOURLY)
    hour = world.now + timedelta(hours=1)
    world.later(minutes=5)
    world.article("1")
    digests.hold(world.parts, place(world, hour, Frequency.HOURLY), CLI, world.now)
    assert digest(world, hour) == []
    world.later(minutes=5)
    world.article("2")
    assert digest(world, hour + timedelta(hours=1)) == []
    digests.release(world.parts, place(world, hour, Frequency.HOURLY), CLI, world.now)
    world.work()
    assert [stories(text_of(letter)) for letter in world.letters()] == [["1"], ["2"]]


def test_what_was_held_for_too_long_comes_with_the_next(world: World) -> None:
    world.reader("a@example.org")
    world.article("1")
    digests.hold(world.parts, place(world), CLI, world.now)
    assert digest(world, DAWN) == []
    assert digest(world, DAWN + timedelta(hours=13)) == []
    with pytest.raises(GivenUpError):
        digests.release(world.parts, place(world), CLI, world.now)
    world.article("2")
    assert digest(world, DAWN + timedelta(days=1)) == ["2", "1"]


def test_a_digest_on_its_way_is_not_arranged_any_more(world: World) -> None:
    world.reader("a@example.org")
    one = world.article("1")
    assert digest(world, DAWN) == ["1"]
    with pytest.raises(TooLateError):
        digests.arrange(world.parts, place(world), Order((one,)), CLI, world.now)
    with pytest.raises(TooLateError):
        digests.hold(world.parts, place(world), CLI, world.now)


def test_the_next_days_are_told_with_their_readers_and_articles(world: World) -> None:
    world.reader("a@example.org")
    world.reader("b@example.org", time_zone="Europe/London")
    world.reader("c@example.org", frequency=Frequency.WEEKLY)
    world.article("1")
    found = digests.ahead(world.parts, world.site.id, world.now)
    daily = [(one.at, one.readers, one.articles) for one in found.slots if one.frequency is Frequency.DAILY]
    assert daily[:2] == [(DAWN, 1, 1), (DAWN + timedelta(hours=3), 1, 1)]
    assert daily[2][2] == 0, "what the next one holds is not told twice"
    assert [one.readers for one in found.slots if one.frequency is Frequency.WEEKLY] == [1]
    assert found.announced(world.now, 30) == []
    soon = digests.ahead(world.parts, world.site.id, DAWN - timedelta(minutes=29))
    assert [one.at for one in soon.announced(DAWN - timedelta(minutes=29), 30)] == [DAWN]


def test_an_order_names_articles_of_its_own_site_only(world: World) -> None:
    world.reader("a@example.org")
    one = world.article("1")
    digests.arrange(world.parts, place(world), Order((one, 999_999)), CLI, world.now)
    assert digests.changed(world.parts, place(world), "dropped", [7]) == Order((one,), (7,))
    with world.parts.db.reading() as session:
        assert session.scalars(select(Run)).all() == [], "no run before its hour"
