"""In quiet hours only what was just asked for leaves; one letter brings what came; nothing is lost or told twice."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import flow, readers, upkeep
from notifier.consent.changing import PreferenceChange
from notifier.domain.words import Frequency, Lane, LetterKind, Reason, State
from notifier.models import Delivery, Item, Letter, Subscriber
from notifier.queue import Nudge, Task
from notifier.stages import overdue
from tests.world import World, text_of

INSTANT, HOURLY, DAILY = Frequency.INSTANT, Frequency.HOURLY, Frequency.DAILY
ME = "a@example.org"
MIDNIGHT = datetime(2026, 11, 23, 21, tzinfo=UTC)
"""In Baghdad, the night after the world's noon."""
NIGHT = {-150: "evening", -30: "late", 70: "one", 200: "two", 410: "dawn", 450: "morning"}
"""Minutes after midnight -> the guid of an article that comes then: 21:30, 23:30, 1:10, 3:20, 6:50 and 7:30."""


def at(hour: float) -> datetime:
    """An hour of that night; below zero it is the evening before."""
    return MIDNIGHT + timedelta(hours=hour)


def told(world: World) -> dict[str, list[str]]:
    """Address -> the articles of each letter it got, in order."""
    found: dict[str, list[str]] = {}
    for message, letter in zip(world.wire.sent, world.letters(), strict=True):
        guids = sorted(set(re.findall(r"خبر ([a-z0-9]+)", text_of(letter))))
        found.setdefault(message.rcpt_to, []).append(" ".join(guids))
    return found


def live(world: World, until: datetime, articles: Mapping[int, str] = NIGHT) -> dict[str, list[str]]:
    """Let time pass and articles come; gives address -> `hh:mm articles` of each letter, by its clock."""
    found: dict[str, list[str]] = {}
    world.wire.sent.clear()
    comes = {MIDNIGHT + timedelta(minutes=minute): guid for minute, guid in articles.items()}
    hours = {at(hour) for hour in range(-4, 13)}
    for world.now in sorted(one for one in {*comes, *hours} if world.now < one <= until):
        if guid := comes.get(world.now):
            world.article(guid)
        flow.open_runs(world.parts, world.now)
        flow.bundle_notices(world.parts, world.now)
        with world.parts.db.reading() as session:
            due = overdue.due_deliveries(session, list(Lane), world.now, 500)
        world.rung += due
        world.work()
        wall = (world.now + timedelta(hours=3)).strftime("%H:%M")
        for address, letters in told(world).items():
            found.setdefault(address, []).extend(f"{wall} {one}" for one in letters)
        world.wire.sent.clear()
    world.now = until
    world.balance()
    return found


def once(letters: list[str]) -> bool:
    """Whether these letters bring each article of the night once."""
    return sorted(" ".join(one[6:] for one in letters).split()) == sorted(NIGHT.values())


def evening(world: World) -> None:
    """Let it become nine in the evening, digests having come meanwhile."""
    for world.now in (at(-4), at(-3)):
        flow.open_runs(world.parts, world.now)
        world.work()
    world.wire.sent.clear()


def change(world: World, reader: Subscriber, **wanted: object) -> None:
    readers.change_preferences(world.parts, reader.id, PreferenceChange(**wanted), "", world.now)  # type: ignore[arg-type]  # whatever a test wants


def states(world: World, kind: LetterKind) -> list[tuple[State, Reason | None]]:
    with world.parts.db.reading() as session:
        rows = session.execute(select(Delivery.state, Delivery.reason).where(Delivery.kind == kind))
        return [(state, reason) for state, reason in rows]


def test_an_hourly_digest_leaves_the_night_alone_and_brings_it_as_one_letter(world: World) -> None:
    world.reader(ME, frequency=HOURLY)
    evening(world)
    assert live(world, at(9)) == {ME: ["22:00 evening", "07:00 dawn late one two", "08:00 morning"]}


@pytest.mark.long
def test_alerts_of_the_night_are_one_letter_when_it_ends(world: World) -> None:
    world.reader(ME, frequency=INSTANT)
    evening(world)
    assert live(world, at(9)) == {ME: ["21:30 evening", "07:00 dawn late one two", "07:30 morning"]}
    with world.parts.db.reading() as session:
        rows = dict(session.execute(select(Item.guid, Item.waits_count)).all())
        (letter,) = session.scalars(select(Letter).where(Letter.kind == LetterKind.DIGEST))
    assert rows == {"evening": 0, "late": 1, "one": 1, "two": 1, "dawn": 1, "morning": 0}
    assert letter.frequency is INSTANT, "it does not say that the next one comes in an hour"


def test_who_gets_both_gets_one_letter_with_each_article_once(world: World) -> None:
    reader = world.reader(ME, frequency=INSTANT)
    world.topics(["category:رئيسي"])
    change(world, reader, frequencies={"category:رئيسي": "hourly"})
    evening(world)
    world.now = at(2)
    for guid, categories in {"1": ["سياسة"], "2": ["رئيسي"], "3": ["سياسة", "رئيسي"]}.items():
        world.article(guid, *categories)
    assert live(world, at(9), {}) == {ME: ["07:00 1 2 3"]}


@pytest.mark.long
@pytest.mark.matrix(2)
@pytest.mark.parametrize(
    ("zone", "own", "morning"),
    [
        ("Asia/Baghdad", (22, 4), "04:00"),
        ("Asia/Baghdad", (1, 6), "06:00"),
        ("Asia/Tehran", (), "07:00"),
        ("Europe/London", (), "10:00"),
    ],
)
def test_the_night_is_as_long_as_a_reader_has_it(world: World, zone: str, own: tuple[int, int], morning: str) -> None:
    for address, frequency in {ME: INSTANT, "b@example.org": HOURLY}.items():
        change(world, world.reader(address, frequency=frequency), time_zone=zone, quiet=own)
    evening(world)
    for letters in live(world, at(12)).values():
        assert once(letters), letters
        assert [one[:5] for one in letters if "two" in one] == [morning], letters


@pytest.mark.long
def test_a_newsroom_may_let_alerts_ring_at_night_and_digests_stay_quiet(world: World) -> None:
    world.with_settings(quiet_alerts=False)
    world.reader(ME, frequency=INSTANT)
    world.reader("b@example.org", frequency=HOURLY)
    evening(world)
    assert live(world, at(9)) == {
        ME: ["21:30 evening", "23:30 late", "01:10 one", "03:20 two", "06:50 dawn", "07:30 morning"],
        "b@example.org": ["22:00 evening", "07:00 dawn late one two", "08:00 morning"],
    }


@pytest.mark.long
@pytest.mark.matrix(2)
@pytest.mark.parametrize("knobs", [{"quiet_alerts": False}, {"quiet_until_h": 2}])
@pytest.mark.parametrize("is_back", [True, False])
def test_settings_that_change_in_the_night_lose_nothing(world: World, knobs: dict[str, int], *, is_back: bool) -> None:
    world.reader(ME, frequency=INSTANT)
    world.reader("b@example.org", frequency=HOURLY)
    evening(world)
    before = world.parts.settings.model_dump(include=set(knobs))
    world.with_settings(**(knobs if is_back else {}))
    first = live(world, at(2.5))
    world.with_settings(**(before if is_back else knobs))
    second = live(world, at(9))
    for address, letters in first.items():
        assert once(letters + second[address]), letters


@pytest.mark.long
@pytest.mark.matrix(2)
@pytest.mark.parametrize(
    "changes",
    [{4: (0, 0)}, {4.5: (0, 0), 5.5: ()}, {4.5: (3, 9)}, {-1.5: (0, 0), 4: ()}, {4.1: (0, 0), 4.2: ()}],
    ids=["off", "off and on", "longer", "on", "off and on at once"],
)
def test_hours_that_are_changed_in_the_night_lose_nothing(world: World, changes: dict[float, tuple[int, int]]) -> None:
    some = [world.reader(ME, frequency=INSTANT), world.reader("b@example.org", frequency=HOURLY)]
    evening(world)
    letters: dict[str, list[str]] = {one.address: [] for one in some}
    for hour, quiet in {**changes, 10: (1, 2)}.items():
        for address, told in live(world, at(hour)).items():
            letters[address] += told
        for one in some:
            change(world, one, quiet=quiet)
    for told in letters.values():
        assert once(told), told


@pytest.mark.long
def test_readers_of_many_nights_share_a_slot(world: World) -> None:
    owls = {ME: (), "b@example.org": (1, 6), "c@example.org": (0, 0), "d@example.org": (22, 5)}
    for address, quiet in owls.items():
        change(world, world.reader(address, frequency=HOURLY), quiet=quiet)
    evening(world)
    letters = live(world, at(9))
    assert letters.keys() == owls.keys()
    for address, theirs in letters.items():
        assert once(theirs), (address, theirs)
    first = {address: next(one[:5] for one in theirs if "two" in one) for address, theirs in letters.items()}
    assert first == {ME: "07:00", "b@example.org": "06:00", "c@example.org": "04:00", "d@example.org": "05:00"}


@pytest.mark.long
def test_a_morning_without_beat_is_made_up_for(world: World) -> None:
    world.reader(ME, frequency=INSTANT)
    world.reader("b@example.org", frequency=HOURLY)
    evening(world)
    live(world, at(4))
    world.now = at(9.5)
    assert live(world, at(10), {}) == {ME: ["10:00 late one two"], "b@example.org": ["10:00 late one two"]}


@pytest.mark.long
def test_what_is_taken_back_or_unsubscribed_in_the_night_is_not_told(world: World) -> None:
    reader, other = world.reader(ME, frequency=INSTANT), world.reader("b@example.org", frequency=INSTANT)
    evening(world)
    live(world, at(5))
    flow.retract_item(world.parts, world.site.id, "two", world.now)
    change(world, other, frequencies={"category:سياسة": ""})
    assert live(world, at(8), {}) == {reader.address: ["07:00 late one"]}


@pytest.mark.long
@pytest.mark.parametrize("kind", [LetterKind.ALERT, LetterKind.DIGEST])
def test_a_letter_that_did_not_leave_before_the_night_waits_for_its_end(world: World, kind: LetterKind) -> None:
    world.with_settings(alert_expires_h=2, digest_expires_h=2)
    world.reader(ME, frequency=INSTANT if kind is LetterKind.ALERT else HOURLY)
    evening(world)
    world.now = at(-2.2)
    world.article("late")
    world.now = at(-1.5)
    upkeep.tick(world.parts, world.now)
    letters = plan_only(world)
    assert states(world, kind) == [(State.QUEUED, None)]
    world.now = at(-1) + timedelta(seconds=1)
    world.rung += letters
    world.work()
    assert states(world, kind) == [(State.QUEUED, Reason.QUIET)]
    assert world.balance().queued == 1
    assert live(world, at(8), {}) == {ME: ["07:00 late"]}
    assert states(world, kind) == [(State.SENT, None)]


def plan_only(world: World) -> list[Nudge]:
    """Do all that is rung for but the sending, which is given back."""
    held: list[Nudge] = []
    while world.rung:
        nudge = world.rung.pop(0)
        if nudge.task is Task.DELIVER:
            held.append(nudge)
        else:
            upkeep.act(world.parts, nudge, world.clock)
    return held


def test_alerts_that_waited_are_not_claimed_again_and_again(world: World) -> None:
    world.reader(ME, frequency=INSTANT)
    evening(world)
    world.now = at(-1) - timedelta(seconds=1)
    world.article("late")
    letters = plan_only(world)
    world.now = at(-1)
    world.rung += letters
    world.work()
    assert upkeep.sweep(world.parts, at(6.9)).nudged == 0
    with world.parts.db.reading() as session:
        one = session.scalars(select(Delivery).where(Delivery.kind == LetterKind.ALERT)).one()
        assert (one.next_attempt_at, one.attempts) == (at(7), 0)


@pytest.mark.long
def test_comments_keep_out_of_a_day_that_alerts_have_filled(world: World) -> None:
    world.with_settings(comment_letters_per_day=2)
    world.article("1", announce=False)
    world.reader(ME, "category:سياسة", "thread:1", frequency=INSTANT)
    for guid in ("a", "b"):
        world.article(guid)
        world.work()
    assert len(world.wire.sent) == 2
    world.comment("comment", "1")
    assert live(world, at(-2), {}) == {}
    assert states(world, LetterKind.REPLY) == []
    morning = live(world, at(9), {})[ME]
    assert len(morning) == 1
    assert morning[0].startswith("08:00"), "with the daily digest"


def test_alerts_of_yesterday_do_not_count_and_an_alert_is_never_withheld_for_number(world: World) -> None:
    world.with_settings(comment_letters_per_day=2)
    world.article("1", announce=False)
    world.reader(ME, "category:سياسة", "thread:1", frequency=INSTANT)
    for guid in ("a", "b", "c"):
        world.article(guid)
        world.work()
    assert len(world.wire.sent) == 3
    world.now = at(8.5)
    world.comment("comment", "1")
    assert len(live(world, at(10), {})[ME]) == 1
    assert states(world, LetterKind.REPLY) == [(State.SENT, None)], "a letter of its own"


def test_a_daily_digest_comes_at_the_hour_that_was_chosen_for_it(world: World) -> None:
    change(world, world.reader(ME), digest_hour=5)
    evening(world)
    assert live(world, at(6)) == {ME: ["05:00 evening late one two"]}


def test_what_somebody_asks_for_at_night_comes_at_once(world: World) -> None:
    world.reader(ME, frequency=INSTANT)
    world.now = at(3)
    world.sign_up("new@example.org")
    world.work()
    assert set(world.subjects()) == {"new@example.org"}
