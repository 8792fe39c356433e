"""A pause is silence and no flood afterwards; chosen weekdays lose nothing; quiet hours are a person's own."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import flow, readers
from notifier.consent.changing import PreferenceChange
from notifier.domain.words import Frequency, Reason, State
from notifier.models import Delivery, Letter, Notice, Subscriber
from tests.world import World, html_of, text_of

ME = "a@example.org"
INSTANT = Frequency.INSTANT
EIGHT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""Eight in Baghdad on a Tuesday, the day after the world's noon."""
DAY = timedelta(days=1)


def change(world: World, reader: Subscriber, **wanted: object) -> None:
    readers.change_preferences(world.parts, reader.id, PreferenceChange(**wanted), "", world.now)  # type: ignore[arg-type]  # whatever a test wants


def deliveries(world: World) -> list[tuple[State, Reason | None]]:
    with world.parts.db.reading() as session:
        rows = session.execute(
            select(Delivery.state, Delivery.reason).where(Delivery.kind != "confirm").order_by(Delivery.id)
        )
        return [(state, reason) for state, reason in rows]


def pass_time(world: World, minutes: int, step: int = 5) -> None:
    for _ in range(0, minutes, step):
        world.later(minutes=step)
        world.tick()


def test_nothing_is_owed_on_a_pause_and_nothing_is_made_up_for(world: World) -> None:
    reader = world.reader(ME, frequency=INSTANT)
    change(world, reader, paused_until=world.now + DAY)
    world.article("1")
    world.work()
    assert deliveries(world) == []
    world.later(days=1, seconds=1)
    world.article("2")
    world.work()
    assert ["خبر 2" in text_of(one) for one in world.letters()] == [True]


def test_a_letter_that_was_planned_before_the_pause_stays(world: World) -> None:
    reader = world.reader(ME, frequency=INSTANT)
    world.article("1")
    held = [nudge for nudge in world.rung if nudge.task != "notifier.deliver"]
    world.rung.clear()
    for nudge in held:
        flow.publish(world.parts, int(nudge.args[0]), world.now)
    world.later(seconds=1)
    change(world, reader, paused_until=world.now + DAY)
    world.work()
    assert deliveries(world) == [(State.DROPPED, Reason.PAUSED)]
    assert world.balance().dropped == 1


def test_the_first_digest_after_a_pause_holds_its_own_day_only(world: World) -> None:
    reader = world.reader(ME)
    change(world, reader, paused_until=EIGHT + 3 * DAY - timedelta(hours=8))
    for day in range(4):
        world.article(str(day))
        world.work()
        world.now = EIGHT + day * DAY
        world.tick()
    (digest,) = world.letters()
    assert "خبر 3" in text_of(digest)
    assert not any(f"خبر {day}" in text_of(digest) for day in range(3))


@pytest.mark.long
@pytest.mark.parametrize("frequency", [INSTANT, Frequency.DAILY])
def test_a_discussion_goes_on_after_a_pause_where_it_then_is(world: World, frequency: Frequency) -> None:
    world.article("1", announce=False)
    reader = world.reader(ME, "thread:1", frequency=frequency)
    change(world, reader, paused_until=world.now + timedelta(hours=8))
    world.comment("missed", "1")
    pass_time(world, 60, 20)
    world.now = EIGHT - timedelta(hours=2)
    world.comment("new", "1")
    pass_time(world, 20)
    world.now = EIGHT + timedelta(hours=1)
    world.tick()
    pass_time(world, 20)
    (letter,) = world.letters()
    assert "تعليق new" in text_of(letter)
    assert "تعليق missed" not in text_of(letter)


def test_an_answer_that_waited_when_the_pause_began_is_dropped_and_none_is_written(world: World) -> None:
    world.article("1", announce=False)
    world.comment("mine", "1")
    world.work()
    reader = world.reader(ME, "replies:mine", frequency=INSTANT)
    world.comment("before", "1", "mine")
    world.later(seconds=1)
    change(world, reader, paused_until=world.now + DAY)
    world.comment("during", "1", "mine")
    pass_time(world, 30)
    with world.parts.db.reading() as session:
        notices = session.scalars(select(Notice.dropped_reason)).all()
    assert notices == [Reason.MUTED]
    assert world.wire.sent == []


@pytest.mark.long
def test_a_daily_digest_comes_on_the_chosen_days_and_holds_what_fell_between(world: World) -> None:
    wednesday_and_friday = 1 << 2 | 1 << 4
    every, some = world.reader(ME), world.reader("b@example.org")
    change(world, some, digest_days=wednesday_and_friday)
    got: dict[str, list[str]] = {ME: [], "b@example.org": []}
    for day in range(5):  # from Tuesday
        world.article(str(day))
        world.work()
        world.now = EIGHT + day * DAY
        world.tick()
        for message, letter in zip(world.wire.sent, world.letters(), strict=True):
            told = "".join(str(n) for n in range(5) if f"خبر {n}" in text_of(letter))
            got[message.rcpt_to].append(f"{day}:{told}")
        world.wire.sent.clear()
    assert got == {ME: ["0:0", "1:1", "2:2", "3:3", "4:4"], "b@example.org": ["1:01", "3:23"]}
    assert every.digest_days == 0b1111111
    assert world.balance().failed == 0


def test_a_digest_on_some_days_does_not_say_tomorrow(world: World) -> None:
    world.reader(ME)
    change(world, world.reader("b@example.org"), digest_days=0b11)
    world.article("1")
    world.work()
    world.now = EIGHT
    world.tick()
    told = {message.rcpt_to: text_of(letter) for message, letter in zip(world.wire.sent, world.letters(), strict=True)}
    assert ["الأربعاء ٢٥" in told[one] for one in (ME, "b@example.org")] == [True, False]


@pytest.mark.long
@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY])
def test_where_it_is_another_day_than_at_the_site_nothing_is_said_of_the_next_one(
    world: World, frequency: Frequency
) -> None:
    hours = {"Asia/Baghdad": (8, 1), "Asia/Karachi": (10, 1), "America/Los_Angeles": (21, 0)}
    for zone, (hour, weekday) in hours.items():
        reader = world.reader(f"{zone[-3:]}@example.org", frequency=frequency, time_zone=zone)
        change(world, reader, digest_hour=hour, digest_weekday=weekday)
    # The first of them after the change is planned reader by reader, the second for all who want the same.
    for number, at in enumerate((EIGHT, EIGHT + (DAY if frequency is Frequency.DAILY else 7 * DAY))):
        world.article(str(number))
        world.work()
        world.now = at
        world.tick()
        sent = zip(world.wire.sent, world.letters(), strict=True)
        says_a_day = {message.rcpt_to: "العدد التالي يوم" in text_of(letter) for message, letter in sent}
        assert says_a_day == {"dad@example.org": True, "chi@example.org": True, "les@example.org": False}
        world.wire.sent.clear()


@pytest.mark.long
def test_own_quiet_hours_hold_a_comment_back(world: World) -> None:
    world.article("1", announce=False)
    quiet, other = (
        world.reader(ME, "thread:1", frequency=INSTANT),
        world.reader("b@example.org", "thread:1", frequency=INSTANT),
    )
    change(world, quiet, quiet=(12, 14))
    world.comment("c", "1")
    pass_time(world, 30)
    assert set(world.subjects()) == {other.address}
    pass_time(world, 120, 15)
    assert set(world.subjects()) == {ME, other.address}


def test_readers_of_one_script_share_a_letter_and_each_script_has_its_own(world: World) -> None:
    first, second, third = (world.reader(f"{n}@example.org") for n in "abc")
    for reader in (second, third):
        change(world, reader, language="ar-u-ca-islamic-nu-latn")
    assert first.language == "ar"
    world.article("1")
    world.work()
    world.now = EIGHT
    world.tick()
    with world.parts.db.reading() as session:
        letters = session.execute(select(Letter.language, Letter.planned_count).where(Letter.kind == "digest"))
        assert sorted(map(tuple, letters)) == [("ar", 1), ("ar-u-ca-islamic-nu-latn", 2)]
    told = {message.rcpt_to: html_of(letter) for message, letter in zip(world.wire.sent, world.letters(), strict=True)}
    assert "٢٤ تشرين الثاني ٢٠٢٦" in told["a@example.org"]
    assert "24 تشرين الثاني 2026" in told["b@example.org"]
    assert "1448" in told["b@example.org"]
