"""What happens at the same moment: nobody is asked twice, owed twice or written to after they left."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from notifier import admission, flow, readers, upkeep
from notifier.consent.links import Scope
from notifier.domain.items import NewItem
from notifier.domain.words import Frequency, ItemKind
from notifier.models import Delivery, Run, Signup, Subscription
from notifier.queue import Task
from tests.world import World

WAITS_S = 60


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of these in threads that begin together; raises what one of them raised."""
    gate = Barrier(len(acts))

    def begin(act: Callable[[], object]) -> object:
        gate.wait(WAITS_S)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result(WAITS_S) for one in [pool.submit(begin, act) for act in acts]]


def ids(world: World, task: Task) -> list[int]:
    return [int(nudge.args[0]) for nudge in world.rung if nudge.task is task]


def test_spellings_of_one_mailbox_that_sign_up_at_once_get_one_letter(world: World) -> None:
    world.topics(["category:سياسة"])
    for n in range(8):
        world.sign_up(f"victim+{n}@example.org")
    at_once(*(lambda one=one: admission.handle_signup(world.parts, one, world.now) for one in ids(world, Task.SIGN_UP)))
    with world.parts.db.reading() as session:
        results = sorted(session.scalars(select(Signup.result)))
    assert results == ["asked", *["limited"] * 7]


def test_new_topics_in_opposite_order_do_not_block_each_other(world: World) -> None:
    names = [f"قسم {n:02}" for n in range(40)]

    def push(guid: str, categories: Sequence[str]) -> None:
        item = NewItem(ItemKind.ARTICLE, guid, title=guid, categories=tuple(categories))
        flow.ingest_items(world.parts, world.site.id, [item], world.now)

    for attempt in range(5):
        mine = [f"{name} {attempt}" for name in names]
        at_once(
            *(
                lambda n=n, mine=mine, attempt=attempt: push(f"{attempt}-{n}", mine if n % 2 else mine[::-1])
                for n in range(4)
            )
        )


def test_a_button_pressed_twice_at_once_confirms_once(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    token = world.confirm_token("a@example.org")
    at_once(*(lambda: readers.confirm(world.parts, token, "", world.now) for _ in range(4)))
    with world.parts.db.reading() as session:
        assert len(session.scalars(select(Subscription)).all()) == 1


@pytest.mark.long
def test_two_workers_at_one_range_send_each_letter_once(world: World) -> None:
    for n in range(12):
        world.reader(f"r{n}@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    while world.rung and world.rung[0].task is Task.PUBLISH:
        upkeep.act(world.parts, world.rung.pop(0), world.clock)
    (nudge,) = world.rung
    at_once(*(lambda: upkeep.act(world.parts, nudge, world.clock) for _ in range(3)))
    assert len(world.wire.sent) == len({message.rcpt_to for message in world.wire.sent}) == 12
    world.balance()


def test_notices_bundled_twice_at_once_become_one_letter(world: World) -> None:
    world.article("1")
    world.work()
    for n in range(6):
        world.reader(f"r{n}@example.org", "thread:1", frequency=Frequency.INSTANT)
    for n in range(3):
        world.comment(f"c{n}", "1")
    world.work()
    world.later(hours=1)
    at_once(*(lambda: flow.bundle_notices(world.parts, world.now) for _ in range(3)))
    world.work()
    assert len(world.wire.sent) == 6
    world.balance()


def test_runs_planned_in_the_wrong_order_hold_each_article_once(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.HOURLY)
    world.later(hours=1)
    world.tick()
    world.later(minutes=5)
    world.article("1")
    world.later(hours=1)
    flow.open_runs(world.parts, world.now)
    world.later(hours=1)
    flow.open_runs(world.parts, world.now)
    world.rung.clear()
    with world.parts.db.reading() as session:
        runs = session.scalars(select(Run.id).order_by(Run.slot)).all()
    at_once(*(lambda run=run: flow.plan_run(world.parts, run, world.now) for run in reversed(runs)))
    for run in reversed(runs):
        flow.plan_run(world.parts, run, world.now)
    world.work()
    assert len(runs) == 3
    assert len(world.wire.sent) == 1


def test_who_left_while_the_plan_was_made_is_not_written_to(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    flow.publish(world.parts, ids(world, Task.PUBLISH)[0], world.now)
    with world.parts.db.reading() as session:
        delivery = session.scalars(select(Delivery.id).where(Delivery.kind == "alert")).one()
    token = world.parts.signer.sign("u", reader.id, delivery)
    # The request came a moment before the plan, but had to wait for it.
    readers.unsubscribe(world.parts, token, Scope.LETTER, "", world.now - timedelta(seconds=2))
    world.work()
    assert world.wire.sent == []


def test_who_left_everything_letter_by_letter_is_asked_anew(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    with world.parts.db.reading() as session:
        delivery = session.scalars(select(Delivery.id).where(Delivery.kind == "alert")).one()
    token = world.parts.signer.sign("u", reader.id, delivery)
    readers.unsubscribe(world.parts, token, Scope.LETTER, "", world.now)
    world.later(days=1)
    world.sign_up("a@example.org", frequency="instant")
    world.work()
    with world.parts.db.reading() as session:
        active = session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None))).all()
    assert active == []
