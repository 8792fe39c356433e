"""The books by run and alert: the running count is what a count of all letters would be, at any moment."""

import math
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, func, select

from notifier import flow, tally, upkeep
from notifier.db import Database
from notifier.domain.outcome import Refused
from notifier.domain.words import Frequency, LetterKind, Reason, State
from notifier.models import Delivery, Item, Run, Tally
from notifier.queue import Task
from notifier.stages import books, record
from notifier.stages.books import Key
from notifier.stages.plan.letters import chunks
from notifier.web.app import create_app
from tests.flow.test_digests import DAWN
from tests.world import World, make_world


def plan(world: World) -> None:
    """Do what is rung for, and hold the letters back."""
    held = []
    while world.rung:
        nudge = world.rung.pop(0)
        if nudge.task is Task.DELIVER:
            held.append(nudge)
        else:
            upkeep.act(world.parts, nudge, world.clock)
    world.rung += held


def running(world: World) -> dict[Key, dict[str, int]]:
    with world.parts.db.reading() as session:
        found = books.pages(session)
    assert all(page.balance.is_balanced for page in found.values()), found
    return {key: counts for key, page in found.items() if (counts := by_state(page))}


def by_state(page: Any) -> dict[str, int]:
    open_ = {"queued": page.balance.queued, "sending": page.balance.sending}
    ended = {f"{state}:{reason or ''}": count for (state, reason), count in page.ended.items()}
    return {name: count for name, count in {**open_, **ended}.items() if count}


def counted(world: World) -> dict[Key, dict[str, int]]:
    """The same, letter by letter."""
    found: dict[Key, Counter[str]] = {}
    with world.parts.db.reading() as session:
        for one in session.scalars(select(Delivery)):
            key = one.kind, one.about_id if one.kind in tally.PAGED else 0
            is_open = one.state in {State.QUEUED, State.SENDING}
            found.setdefault(key, Counter())[one.state if is_open else f"{one.state}:{one.reason or ''}"] += 1
    return {key: dict(states) for key, states in found.items()}


def crowd(world: World) -> None:
    """Five daily readers, four at once; the server of one of each group refuses the letter."""
    for n in range(5):
        world.reader(f"d{n}@example.org", "category:سياسة")
    for n in range(4):
        world.reader(f"i{n}@example.org", "category:سياسة", frequency=Frequency.INSTANT)
    for name in ("d0", "i0"):
        world.wire.outcomes[f"{name}@example.org"] = Refused("550 5.6.0 not like this", forever=True)
    world.wire.outcomes["i1@example.org"] = Refused("451 4.7.1 greylisted")


@pytest.mark.long
def test_the_running_count_is_the_count_of_all_letters(world: World) -> None:
    crowd(world)
    assert running(world) == counted(world)
    first = world.article("1")
    plan(world)
    assert running(world)[LetterKind.ALERT, first] == {"queued": 4}
    world.work()
    assert running(world)[LetterKind.ALERT, first] == {"sent:": 2, "failed:refused": 1, "queued": 1}
    second = world.article("2")
    plan(world)
    flow.retract_item(world.parts, world.site.id, "2", world.now)
    world.work()
    assert running(world)[LetterKind.ALERT, second] == {"dropped:retracted": 4}
    assert running(world) == counted(world)
    world.now = DAWN
    world.tick()
    assert running(world) == counted(world)
    assert Reason.TOO_OLD in {reason for page in pages(world).values() for (_, reason) in page.ended}
    with world.parts.db.writing() as session:
        assert record.retry(session, Delivery.site_id == world.site.id, world.now) == 1, "the alert's is too old"
    assert running(world) == counted(world)
    world.wire.outcomes.clear()
    world.tick()
    world.later(minutes=1)
    world.tick()
    assert running(world) == counted(world)
    assert world.balance().open == 0


def pages(world: World) -> dict[Key, Any]:
    with world.parts.db.reading() as session:
        return books.pages(session)


def test_a_lease_that_ran_out_for_good_is_counted(world: World) -> None:
    world.with_settings(attempts_max=1)
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    item = world.article("1")
    plan(world)
    with world.parts.db.writing() as session:
        last = session.scalar(select(func.max(Delivery.id))) or 0
        record.claim(session, record.Span(LetterKind.ALERT.lane, last, last), "token", world.now, world.parts.terms, 1)
    assert running(world)[LetterKind.ALERT, item] == {"sending": 1}
    world.later(hours=1)
    upkeep.sweep(world.parts, world.now)
    assert running(world)[LetterKind.ALERT, item] == {"failed:attempts": 1}


@pytest.mark.long
def test_the_sweep_adds_the_tallies_up_and_changes_nothing(world: World) -> None:
    crowd(world)
    world.article("1")
    world.work()
    before = running(world)
    for _ in range(2):
        with world.parts.db.writing() as session:
            tally.squeeze(session)
        assert running(world) == before
    with world.parts.db.reading() as session:
        rows = session.execute(select(Tally.kind, Tally.about_id, Tally.entry, Tally.reason)).all()
        assert session.scalar(select(func.count()).where(~Tally.is_sum)) == 0
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_counted_while_the_sweep_adds_up_is_not_lost(db: Database, tmp_path: Path) -> None:
    world = make_world(db, tmp_path)
    line = tally.Batch(world.site.id, LetterKind.DIGEST, world.now, 1, 3), {7: 3}
    with db.writing() as late:
        tally.plan(late, *line)
        late.flush()
        with db.writing() as early:
            tally.plan(early, *line)
        threads = [threading.Thread(target=squeeze, args=(db,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    squeeze(db)
    with db.reading() as session:
        assert session.execute(select(Tally.count, Tally.is_sum)).all() == [(6, True)]


def squeeze(db: Database) -> None:
    with db.writing() as session:
        tally.squeeze(session)


def test_a_letter_that_vanished_is_missed(world: World) -> None:
    crowd(world)
    item = world.article("1")
    plan(world)
    assert "notifier_books_off 0.0" in metrics(world)
    with world.parts.db.writing() as session:
        some = select(Delivery.id).where(Delivery.state == State.QUEUED).limit(1)
        session.execute(delete(Delivery).where(Delivery.id.in_(some)))
    page = pages(world)[LetterKind.ALERT, item]
    assert (page.balance.is_balanced, page.balance.off) == (False, 1)
    assert not flow.status(world.parts).balance.is_balanced
    assert not flow.pulse(world.parts).balance.is_balanced
    assert "notifier_books_off 1.0" in metrics(world)


def metrics(world: World) -> str:
    with TestClient(create_app(world.parts, now=world.clock)) as client:
        return client.get("/metrics").text


@pytest.mark.long
def test_prometheus_is_told_of_open_runs_by_kind_and_of_endings_by_reason(world: World) -> None:
    crowd(world)
    for guid in ("1", "2"):
        world.article(guid)
    plan(world)
    told = metrics(world)
    assert 'notifier_open_runs{frequency="instant",kind="alert"} 2.0' in told
    assert 'notifier_open_run_deliveries{frequency="instant",kind="alert",state="planned"} 8.0' in told
    assert 'notifier_open_run_deliveries{frequency="instant",kind="alert",state="queued"} 8.0' in told
    world.wire.outcomes.pop("i1@example.org")
    world.work()
    told = metrics(world)
    assert "notifier_open_runs{" not in told, "no run is open: no series"
    assert 'notifier_deliveries{lane="alerts",state="sent"} 6.0' in told
    assert 'notifier_deliveries_ended{reason="refused",state="failed"} 2.0' in told


@pytest.mark.long
def test_the_last_runs_and_alerts_are_told_the_newest_first(world: World) -> None:
    crowd(world)
    world.article("1")
    world.work()
    world.now = DAWN
    world.tick()
    with world.parts.db.reading() as session:
        run = session.scalars(select(Run.id).where(Run.planned_count > 0)).one()
        item = session.scalars(select(Item.id)).one()
        found = books.headings(session, 10, world.site.id)
        assert [one.key for one in found] == [(LetterKind.DIGEST, run), (LetterKind.ALERT, item)]
        assert [one.at for one in found] == [DAWN, DAWN - timedelta(hours=20)]
        assert books.headings(session, 1) == found[:1]
        assert books.heading(session, (LetterKind.DIGEST, run)) == found[0]
        assert books.heading(session, (LetterKind.DIGEST, run + 100)) is None


@pytest.mark.matrix(2)
@pytest.mark.parametrize("size", [1, 3, 500])
def test_every_delivery_is_in_one_chunk_of_its_lane(world: World, size: int) -> None:
    crowd(world)
    world.article("1")
    plan(world)
    with world.parts.db.reading() as session:
        nudges = chunks(session, Delivery.id > 0, size)
        rows = session.execute(select(Delivery.id, Delivery.lane)).all()
    for delivery, lane in rows:
        assert sum(lane == n.args[0] and n.args[1] <= delivery <= n.args[2] for n in nudges) == 1  # type: ignore[operator]
    assert all(int(n.args[2]) - int(n.args[1]) < size for n in nudges)


@pytest.mark.long
def test_each_page_knows_between_which_ids_its_letters_lie(world: World) -> None:
    crowd(world)
    world.article("1")
    world.work()
    world.now = DAWN
    world.tick()
    for is_added_up in (False, True):
        if is_added_up:
            squeeze(world.parts.db)
        with world.parts.db.reading() as session:
            for kind, about in running(world):
                planned = (Tally.kind == kind) & (Tally.about_id == about) & (Tally.entry == tally.PLANNED)
                first, last = session.execute(
                    select(func.min(Tally.first_id), func.max(Tally.last_id)).where(planned)
                ).one()
                its = Delivery.kind == kind if kind not in tally.PAGED else (Delivery.about_id == about)
                ids = session.scalars(select(Delivery.id).where(Delivery.kind == kind, its)).all()
                assert (first or math.inf) <= min(ids), (kind, about)
                assert (last or 0) >= max(ids), (kind, about)
