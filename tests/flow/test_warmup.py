"""An account that warms up, from the plan to the wire."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import redis
from sqlalchemy import select

from notifier.accounts import Accounts, LocalBreaker
from notifier.budget import Daily, Limit, LocalBudget
from notifier.domain.warmup import Ramp
from notifier.domain.words import Reason, State
from notifier.models import Delivery
from notifier.shared import Shared
from notifier.stages import spent
from notifier.transports.memory import MemoryTransport
from tests.world import World


def warming(world: World, first: int) -> None:
    ramp = Ramp(world.now.date(), first=first, times=16, days=4)
    world.parts = replace(world.parts, daily=Daily(None, {"smtp": ramp}))


def readers(world: World, count: int) -> None:
    for number in range(count):
        world.reader(f"reader{number}@example.org", "category:سياسة")
    world.wire.sent.clear()


def test_more_than_a_day_may_have_waits_for_tomorrow_and_an_urgent_letter_does_not(world: World) -> None:
    readers(world, 12)
    world.article("a")
    world.later(hours=20)
    warming(world, 10)
    world.tick()
    assert len(world.wire.sent) == 9
    with world.parts.db.reading() as session:
        waiting = session.scalars(select(Delivery).where(Delivery.state == State.QUEUED)).all()
    assert [one.reason for one in waiting] == [Reason.WARMING] * 3
    assert {one.next_attempt_at - world.now for one in waiting} == {timedelta(minutes=10)}
    world.sign_up("new@example.org", "category:سياسة")
    world.work()
    assert [message.rcpt_to for message in world.wire.sent[9:]] == ["new@example.org"]
    world.balance()
    world.later(hours=19, minutes=10)  # Past midnight, and before the digest is too old.
    world.tick()
    assert len(world.wire.sent) == 13
    assert world.balance().open == 0


@pytest.mark.long
def test_what_overflows_takes_another_account(world: World) -> None:
    readers(world, 12)
    world.article("a")
    world.later(hours=20)
    warming(world, 10)
    spare = MemoryTransport()
    accounts = {"smtp": world.parts.settings.accounts["smtp"], "spare": world.parts.settings.accounts["smtp"]}
    world.with_settings(smtp_accounts=accounts)
    world.parts = replace(
        world.parts,
        transports={"smtp": world.wire, "spare": spare},
        budget=LocalBudget({name: Limit(1000, 1000) for name in accounts}),
        accounts=Accounts({"smtp": 1000, "spare": 0.001}, LocalBreaker(30), lambda: 0.5),
    )
    world.tick()
    assert (len(world.wire.sent), len(spare.sent)) == (9, 3)
    assert world.balance().open == 0


def test_the_books_tell_what_left_today_by_which_account(world: World) -> None:
    readers(world, 3)
    world.article("a")
    world.later(hours=20)
    world.tick()
    with world.parts.db.reading() as session:
        # Yesterday's confirmations are not among them.
        assert spent.today(session, "smtp", world.now) == (0, 3)
        assert spent.today(session, "another", world.now) == (0, 0)
        assert spent.today(session, "smtp", world.now + timedelta(days=1)) == (0, 0)


@pytest.mark.long
def test_an_emptied_redis_exceeds_no_ramp(world: World, empty_redis_url: str) -> None:
    readers(world, 12)
    world.article("a")
    world.later(hours=20)
    shared = Shared(empty_redis_url)
    ramps = {"smtp": Ramp(world.now.date(), first=10, times=16, days=4)}

    def left(account: str, now: datetime) -> tuple[int, int]:
        with world.parts.db.reading() as session:
            return spent.today(session, account, now)

    world.parts = replace(world.parts, daily=Daily(shared, ramps, left))
    world.tick()
    with redis.from_url(empty_redis_url) as connection:
        connection.flushall()
    for _ in range(3):
        world.later(minutes=11)
        world.tick()
    assert len(world.wire.sent) == 9
    shared.close()


def test_what_was_claimed_and_not_sent_is_given_back(world: World) -> None:
    readers(world, 2)
    world.article("a")
    world.later(hours=20)
    warming(world, 10)
    world.tick()
    today = world.parts.daily.today("smtp", world.now)
    assert today
    assert today.sent == len(world.wire.sent) == 2
