"""What a moderator holds is told when it is approved, once; what is deleted for good says why it was not told."""

from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
from sqlalchemy import select, update

from notifier import flow
from notifier.domain.words import Frequency, ItemState, Reason
from notifier.models import Bookmark, Mute, Notice, Subscriber, Thread
from notifier.stages import ledger
from tests.flow.moderated import FAN, Moderated, another, discussion
from tests.flow.test_threads import ME
from tests.world import World, text_of

BOTH = pytest.mark.parametrize("who", [ME, FAN])


@pytest.fixture
def talk(world: World) -> Moderated:
    return discussion(world)


@BOTH
def test_a_comment_held_while_it_waits_is_told_once_it_is_approved(talk: Moderated, who: str) -> None:
    talk.write("x")
    talk.hold("x")
    talk.end()
    assert talk.told(who) == {}
    talk.approve("x")
    talk.end()
    assert talk.told(who) == {"x": 1}


def test_a_comment_that_is_held_keeps_no_other_waiting(talk: Moderated) -> None:
    talk.write("x", "y")
    talk.hold("x")
    talk.plan()
    talk.send()
    assert (talk.told(ME), talk.told(FAN)) == ({"y": 1}, {"y": 1})


@pytest.mark.matrix(2)
@BOTH
@pytest.mark.parametrize("names", [("x",), ("x", "y"), ("y", "x")], ids="-".join)
def test_a_comment_held_after_the_plan_is_told_once_it_is_approved(
    talk: Moderated, who: str, names: tuple[str, ...]
) -> None:
    talk.write(*names)
    talk.plan()
    talk.hold("x")
    talk.send()
    assert talk.told(who) == {name: 1 for name in names if name != "x"}
    talk.approve("x")
    talk.end()
    assert talk.told(who) == dict.fromkeys(names, 1)
    talk.world.balance()


@BOTH
def test_it_is_told_however_often_it_is_held_again(talk: Moderated, who: str) -> None:
    talk.write("x", "y")
    for _ in range(3):
        talk.plan()
        talk.hold("x")
        talk.send()
        talk.approve("x")
    talk.end()
    assert talk.told(who) == {"x": 1, "y": 1}


@BOTH
def test_a_letter_tried_again_does_not_take_up_what_it_left_out(talk: Moderated, who: str) -> None:
    talk.write("x", "y")
    talk.plan()
    talk.hold("x")
    talk.defer()
    talk.approve("x")
    talk.plan()
    talk.end()
    assert talk.told(who) == {"x": 1, "y": 1}


@BOTH
def test_what_was_told_is_not_told_again(talk: Moderated, who: str) -> None:
    talk.write("x")
    talk.plan()
    talk.send()
    talk.hold("x")
    talk.end()
    talk.approve("x")
    talk.end()
    assert talk.told(who) == {"x": 1}


@pytest.mark.parametrize("held", ["before", "after"])
def test_a_digest_tells_it_once_it_is_approved(world: World, held: str) -> None:
    talk = discussion(world, Frequency.DAILY)
    talk.write("x", "y")
    if held == "before":
        talk.hold("x")
    talk.digest()
    talk.hold("x")
    talk.send()
    assert (talk.told(ME), talk.told(FAN)) == ({"y": 1}, {"y": 1})
    talk.approve("x")
    talk.digest()
    talk.send()
    talk.digest()
    talk.send()
    assert (talk.told(ME), talk.told(FAN)) == ({"x": 1, "y": 1}, {"x": 1, "y": 1})
    assert talk.reasons(ME) == {"x": None, "y": None}


@pytest.mark.matrix(2)
@pytest.mark.parametrize("frequency", [Frequency.INSTANT, Frequency.DAILY])
@pytest.mark.parametrize("when", ["waiting", "planned", "alone"])
def test_a_deleted_comment_says_why_it_was_not_told(world: World, frequency: Frequency, when: str) -> None:
    talk = discussion(world, frequency)
    plan = talk.plan if frequency is Frequency.INSTANT else talk.digest
    names = ("x",) if when == "alone" else ("x", "y")
    talk.write(*names)
    if when == "waiting":
        talk.delete("x")
    plan()
    talk.delete("x")
    talk.send()
    assert talk.reasons(ME) == {name: Reason.RETRACTED if name == "x" else None for name in names}
    with world.parts.db.reading() as session:
        mine = session.scalars(select(Notice.subscriber_id).limit(1)).one()
        assert ledger.spared(session, mine) == {"retracted": 1}
    plan()
    talk.send()
    assert talk.told(ME) == talk.told(FAN) == {name: 1 for name in names if name != "x"}


def test_a_comment_muted_at_the_last_second_says_so_beside_one_that_is_told(talk: Moderated) -> None:
    talk.world.reader(ME, "thread:a", "mine", frequency=Frequency.INSTANT)
    talk.write("x")
    talk.world.comment("news", "a", author_address="c@example.org")
    talk.plan()
    with talk.world.parts.db.writing() as session:
        (mine,) = session.scalars(select(Notice.subscriber_id))
        session.add(Mute(subscriber_id=mine, what="kind:mine", created_at=talk.world.now))
        changed = update(Subscriber).where(Subscriber.id == mine).values(changed_at=talk.world.now)
        session.execute(changed)
    talk.send()
    assert talk.reasons(ME) == {"x": Reason.MUTED}
    assert "news" in text_of(talk.world.letters()[-1])


@BOTH
def test_spam_that_a_moderator_takes_up_again_is_told_on_approval(talk: Moderated, who: str) -> None:
    talk.write("x", "y")
    talk.plan()
    talk.delete("x")
    talk.send()
    talk.hold("x")
    talk.end()
    assert talk.told(who) == {"y": 1}
    talk.approve("x")
    talk.end()
    assert talk.told(who) == {"x": 1, "y": 1}
    assert set(talk.reasons(ME).values()) == {None}


@BOTH
def test_a_comment_that_was_deleted_by_mistake_is_told_when_it_is_back(talk: Moderated, who: str) -> None:
    talk.write("x", "y")
    talk.plan()
    talk.delete("x")
    talk.send()
    assert talk.told(who) == {"y": 1}
    talk.approve("x")
    talk.end()
    assert talk.told(who) == {"x": 1, "y": 1}
    talk.delete("y")
    talk.approve("y")
    talk.end()
    assert talk.told(who) == {"x": 1, "y": 1}


@pytest.mark.parametrize("how", [Moderated.hold, Moderated.delete])
def test_a_last_comment_that_is_gone_keeps_nobody_at_work(talk: Moderated, how: object) -> None:
    talk.write("x")
    how(talk, "x")  # type: ignore[operator]  # a method of it
    talk.plan()
    with talk.world.parts.db.reading() as session:
        assert session.scalars(select(Thread.is_open)).one() is False
        assert session.scalars(select(Bookmark.seen).where(Bookmark.seen > 0)).all() == [2]


def withdraw(talk: Moderated, *, is_back: bool = False) -> None:
    """Take the article back, or show it again."""
    if is_back:
        talk.world.article("a")
    else:
        flow.retract_item(talk.world.parts, talk.world.site.id, "a", talk.world.now, may_return=True)
    talk.world.rung.clear()


@BOTH
def test_the_discussion_of_an_article_that_was_withdrawn_is_told_when_it_is_back(talk: Moderated, who: str) -> None:
    talk.write("x")
    withdraw(talk)
    talk.write("y")
    talk.end()
    assert talk.told(who) == {}
    assert talk.reasons(ME) == {"x": Reason.RETRACTED, "y": Reason.RETRACTED}
    withdraw(talk, is_back=True)
    talk.write("z")
    talk.end()
    assert talk.told(who) == {"x": 1, "y": 1, "z": 1}


def test_a_letter_about_an_article_that_was_withdrawn_after_the_plan_does_not_leave(talk: Moderated) -> None:
    talk.write("x")
    talk.plan()
    withdraw(talk)
    talk.send()
    assert talk.world.wire.sent == []
    assert talk.reasons(ME) == {"x": Reason.RETRACTED}
    talk.world.balance()
    withdraw(talk, is_back=True)
    talk.end()
    assert talk.told(ME) == {"x": 1}


def test_a_digest_leaves_out_the_discussion_of_an_article_that_was_withdrawn(world: World) -> None:
    talk = discussion(world, Frequency.DAILY)
    other = another(talk, 1, Frequency.DAILY)
    talk.write("x")
    other.write("x")
    talk.digest()
    withdraw(talk)
    talk.send()
    assert (talk.told(FAN), other.told(FAN)) == ({}, {"x": 1})
    talk.write("y")
    talk.digest()
    talk.send()
    assert talk.told(FAN) == {}
    withdraw(talk, is_back=True)
    talk.digest()
    talk.send()
    assert talk.told(FAN) == {"y": 1}


STORIES = (
    "write y, write x, plan, hold x, send, approve x, plan, hold x, send, approve x",
    "write x, hold x, plan, approve x, plan, hold x, plan, send, approve x",
    "write x, write y, plan, hold y, hold x, send, approve y, plan, defer, hold y, send, approve x, approve y",
    "write x, plan, hold x, approve x, plan, send, hold x, plan, approve x",
    "write x, write y, plan, hold x, defer, approve x, plan, send, delete y",
    "write x, write y, hold x, plan, delete x, send, hold x, plan, approve x",
    "write x, plan, delete x, defer, approve x, plan, send, delete x, plan, approve x",
)
"""What a moderator, the scheduler and the senders did, in this order."""


@pytest.mark.matrix(2)
@pytest.mark.parametrize("story", STORIES)
def test_each_comment_that_stays_is_told_once_whatever_happened(talk: Moderated, story: str) -> None:
    happen(talk, story)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_it_is_so_in_whatever_order(talk: Moderated, seed: int) -> None:
    for n, story in enumerate(islice(stories(Random(seed)), 12)):  # noqa: S311 - the same stories each time
        happen(another(talk, n), story)


def happen(talk: Moderated, story: str) -> None:
    """Let it happen, let everything be approved that is held, and ask both readers."""
    for act, guid in (step.partition(" ")[::2] for step in story.split(", ")):
        getattr(talk, act)(*([guid] if guid else []))
    for guid in [guid for guid, state in talk.state.items() if state is ItemState.HELD]:
        talk.approve(guid)
    talk.end()
    for who in (ME, FAN):
        told = talk.told(who)
        assert set(told.values()) <= {1}, (who, story)
        assert {guid for guid, state in talk.state.items() if state is ItemState.LIVE} <= told.keys(), (who, story)
    talk.world.balance()


def stories(dice: Random) -> Iterator[str]:
    """Steps that may follow each other, a dozen at most."""
    while True:
        state = {"x": "live", "y": "live"}
        steps = ["write x", "write y"] if dice.random() < 0.7 else ["write y", "write x"]
        for _ in range(dice.randint(3, 10)):
            act = dice.choice(("plan", "plan", "send", "send", "defer", "moderate", "moderate", "moderate", "moderate"))
            if act == "moderate":
                guid = dice.choice("xxxy")
                after = {
                    "live": ("hold", "hold", "hold", "edit", "delete"),
                    "held": ("approve", "approve", "edit", "delete"),
                    "gone": ("hold", "approve"),
                }
                act = dice.choice(after[state[guid]])
                state[guid] = {"hold": "held", "approve": "live", "delete": "gone"}.get(act, state[guid])
                act = f"{act} {guid}"
            steps.append(act)
        yield ", ".join(steps)


def test_a_late_parent_tells_nobody_again_what_a_letter_of_the_thread_showed(talk: Moderated) -> None:
    world = talk.world
    world.reader("both@example.org", "thread:a", "mine", frequency=Frequency.INSTANT)
    world.comment("child", "a", "late", author_address="c@example.org")
    talk.state["child"] = ItemState.LIVE
    talk.end()
    assert talk.told("both@example.org") == {"child": 1}
    world.comment("late", "a", author_address="both@example.org")
    talk.write("after")
    talk.end()
    assert talk.told("both@example.org") == {"child": 1, "after": 1}
