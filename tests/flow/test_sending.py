"""One claim's letters on their way: what was accepted is kept, the rest is tried again, by whichever account can."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest
from sqlalchemy import select, update

from notifier import flow, upkeep
from notifier.accounts import Accounts, LocalBreaker
from notifier.budget import Limit, LocalBudget
from notifier.domain.outcome import Refused, Sent, Uncertain
from notifier.domain.slowdown import Scope
from notifier.domain.words import Frequency, Lane, Reason, State
from notifier.journal import Journal, Page
from notifier.journal.folder import Folder
from notifier.models import Delivery, DeliveryEvent, Subscriber
from notifier.stages import record
from notifier.transports import Answer, Feed
from notifier.transports.memory import MemoryTransport
from tests.world import World


def planned(world: World, *addresses: str) -> tuple[str, int, int]:
    """An alert to these readers, planned and not sent; gives the nudge's arguments."""
    for address in addresses:
        world.reader(address, frequency=Frequency.INSTANT)
    world.article("1")
    upkeep.act(world.parts, world.rung.pop(0), world.clock)
    lane, first, last = world.rung.pop(0).args
    return str(lane), int(first), int(last)


def states(world: World) -> Counter[tuple[State, Reason | None]]:
    with world.parts.db.reading() as session:
        rows = session.execute(select(Delivery.state, Delivery.reason).where(Delivery.lane == Lane.ALERTS))
        return Counter((state, reason) for state, reason in rows)


def claim(world: World, token: str, span: tuple[str, int, int]) -> None:
    with world.parts.db.writing() as session:
        record.claim(session, record.Span(Lane(span[0]), *span[1:]), token, world.now, world.parts.terms, 10)


@dataclass
class Breaks(MemoryTransport):
    """Takes so many letters, and then the process dies."""

    after: int = 1

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        for answers in super().send(feed):
            yield answers
            if len(self.sent) >= self.after:
                raise KeyboardInterrupt


def test_what_a_dead_process_noted_is_sent_and_the_rest_goes_out_again_at_once(world: World, tmp_path: Path) -> None:
    span = planned(world, "a@x.example", "b@x.example", "c@x.example")
    wire = Breaks()
    world.parts = replace(world.parts, transports={"smtp": wire})
    with pytest.raises(KeyboardInterrupt):
        flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.SENDING, None): 3}
    another = Journal(Folder(tmp_path / "journal"))
    assert flow.settle_orphans(replace(world.parts, journal=another), world.now) == 3
    assert states(world) == {(State.SENT, None): 1, (State.QUEUED, None): 2}
    world.parts = replace(world.parts, transports={"smtp": world.wire})
    world.wire.sent.clear()
    flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.SENT, None): 3}
    assert {message.rcpt_to for message in world.wire.sent}.isdisjoint({wire.sent[0].rcpt_to})
    world.balance()


def test_a_lease_that_ran_out_is_settled_by_what_the_journal_knows(world: World) -> None:
    span = planned(world, "a@x.example", "b@x.example")
    # Another machine's: there is no file here, only what is to be read.
    claim(world, "theirs", span)
    assert not world.parts.journal.read("theirs")
    with world.parts.journal.page() as page:
        page.note([span[1]])
    with world.parts.db.writing() as session:
        lost = world.now + timedelta(hours=1)
        record.take_back(session, lost, world.parts.terms, lambda _token: world.parts.journal.read(page.token))
    assert states(world) == {(State.SENT, None): 1, (State.QUEUED, None): 1}


def test_a_lease_whose_journal_cannot_be_read_waits_for_it_but_not_for_ever(world: World) -> None:
    span = planned(world, "a@x.example")
    claim(world, "theirs", span)
    seen, lapsed = [], world.now + world.parts.terms.lease
    for minutes in (1, 9, 11):
        with world.parts.db.writing() as session:
            record.take_back(session, lapsed + timedelta(minutes=minutes), world.parts.terms, lambda _token: None)
        seen.append(states(world))
    assert seen == [{(State.SENDING, None): 1}] * 2 + [{(State.QUEUED, None): 1}]


def test_letters_are_written_down_at_once_where_no_journal_can_be_kept(world: World, tmp_path: Path) -> None:
    span = planned(world, "a@x.example", "b@x.example")

    class Deaf(Journal):
        def note(self, page: Page, ids: list[int]) -> bool:
            del page, ids
            return False

    wire = Breaks()
    world.parts = replace(world.parts, transports={"smtp": wire}, journal=Deaf(Folder(tmp_path)))
    with pytest.raises(KeyboardInterrupt):
        flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.SENT, None): 1, (State.SENDING, None): 1}


def test_an_uncertain_letter_goes_out_again_under_the_same_message_id(world: World) -> None:
    span = planned(world, "a@x.example")
    world.wire.outcomes["a@x.example"] = Uncertain("connection lost: the server closed it")
    flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.QUEUED, Reason.UNCERTAIN): 1}
    world.wire.outcomes.clear()
    world.later(minutes=10)
    flow.deliver(world.parts, *span, world.clock)
    first, second = (message.data.split(b"Message-ID: ")[1].split(b"\r\n")[0] for message in world.wire.seen[-2:])
    assert first == second
    assert states(world) == {(State.SENT, None): 1}


def test_an_uncertain_letter_counts_as_sent_where_the_site_wants_it_so(world: World) -> None:
    world.with_settings(uncertain_is_sent=("alert",))
    span = planned(world, "a@x.example")
    world.wire.outcomes["a@x.example"] = Uncertain("connection lost")
    flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.SENT, Reason.UNCERTAIN): 1}
    with world.parts.db.reading() as session:
        assert session.scalar(select(Delivery.account).where(Delivery.lane == Lane.ALERTS)) == "smtp"
    world.balance()


@pytest.mark.parametrize(
    ("sent_anyway", "then"),
    [((), (State.QUEUED, Reason.UNCERTAIN)), (("alert",), (State.SENT, Reason.UNCERTAIN))],
)
def test_a_doubt_outlives_the_process_that_had_it(
    world: World, tmp_path: Path, sent_anyway: tuple[str, ...], then: tuple[State, Reason]
) -> None:
    world.with_settings(uncertain_is_sent=sent_anyway)
    span = planned(world, "a@x.example")
    wire = Breaks(after=0)
    wire.outcomes["a@x.example"] = Uncertain("connection lost: the server closed it")
    world.parts = replace(world.parts, transports={"smtp": wire})
    with pytest.raises(KeyboardInterrupt):
        flow.deliver(world.parts, *span, world.clock)
    another = replace(world.parts, journal=Journal(Folder(tmp_path / "journal")))
    assert flow.settle_orphans(another, world.now) == 1
    assert states(world) == {then: 1}
    with world.parts.db.reading() as session:
        assert session.scalars(select(DeliveryEvent.kind)).all() == ["uncertain"]
    world.balance()


def test_what_a_journal_alone_knows_is_written_down_whole(world: World, tmp_path: Path) -> None:
    span = planned(world, "a@x.example")
    with world.parts.db.writing() as session:
        session.execute(update(Delivery).where(Delivery.lane == Lane.ALERTS).values(reason=Reason.QUIET))
    world.parts = replace(world.parts, transports={"smtp": Breaks()})
    with pytest.raises(KeyboardInterrupt):
        flow.deliver(world.parts, *span, world.clock)
    flow.settle_orphans(replace(world.parts, journal=Journal(Folder(tmp_path / "journal"))), world.now)
    assert states(world) == {(State.SENT, None): 1}
    with world.parts.db.reading() as session:
        assert session.scalar(select(Delivery.account).where(Delivery.lane == Lane.ALERTS)) == "smtp"


def test_a_page_that_cannot_be_read_just_now_is_not_taken_for_an_empty_one(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = planned(world, "a@x.example")
    world.parts = replace(world.parts, transports={"smtp": Breaks()})
    with pytest.raises(KeyboardInterrupt):
        flow.deliver(world.parts, *span, world.clock)
    monkeypatch.setattr(Journal, "read", lambda _self, _token: None)
    assert flow.settle_orphans(replace(world.parts, journal=Journal(Folder(tmp_path / "journal"))), world.now) == 0
    assert states(world) == {(State.SENDING, None): 1}
    monkeypatch.undo()
    assert flow.settle_orphans(replace(world.parts, journal=Journal(Folder(tmp_path / "journal"))), world.now) == 1
    assert states(world) == {(State.SENT, None): 1}


@dataclass
class Dead(MemoryTransport):
    """A server that nobody reaches."""

    tried: int = field(default=0)

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        self.tried += 1
        feed.take()
        feed.stop("connect failed: ConnectionRefusedError")
        yield []


def accounts(world: World, **transports: MemoryTransport) -> None:
    world.parts = replace(
        world.parts,
        transports=transports,
        accounts=Accounts(dict.fromkeys(transports, 1.0), LocalBreaker(30), lambda: 0.0),
        budget=LocalBudget(dict.fromkeys(transports, Limit(1000, 1000))),
        settings=world.parts.settings.model_copy(
            update={"smtp_accounts": dict.fromkeys(transports, world.parts.settings.accounts["smtp"])}
        ),
    )


def test_a_dead_account_costs_no_try_and_another_takes_its_letters(world: World) -> None:
    span = planned(world, "a@x.example", "b@x.example")
    dead, alive = Dead(), MemoryTransport()
    accounts(world, first=dead, second=alive)
    for _ in range(3):
        flow.deliver(world.parts, *span, world.clock)
        assert states(world) == {(State.QUEUED, Reason.UNREACHABLE): 2}
        world.later(seconds=31)
    flow.deliver(world.parts, *span, world.clock)
    assert (dead.tried, len(alive.sent)) == (3, 2)
    with world.parts.db.reading() as session:
        assert set(session.scalars(select(Delivery.attempts).where(Delivery.lane == Lane.ALERTS))) == {1}


def test_what_one_server_cannot_do_is_for_the_others_to_try(world: World) -> None:
    span = planned(world, "a@x.example")
    plain, able = MemoryTransport(), MemoryTransport()
    plain.outcomes["a@x.example"] = Refused("5.6.7 the address needs SMTPUTF8", forever=True, is_only_here=True)
    accounts(world, plain=plain, able=able)
    draws = chain((0.0,), repeat(0.9))
    world.parts = replace(world.parts, accounts=replace(world.parts.accounts, dice=lambda: next(draws)))
    flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.QUEUED, Reason.TRY_AGAIN): 1}
    world.later(minutes=10)
    flow.deliver(world.parts, *span, world.clock)
    assert [one.rcpt_to for one in able.sent] == ["a@x.example"]
    assert states(world) == {(State.SENT, None): 1}


def test_letters_wait_untried_while_no_account_can_be_reached(world: World) -> None:
    span = planned(world, "a@x.example")
    dead = Dead()
    accounts(world, only=dead)
    for _ in range(3):
        flow.deliver(world.parts, *span, world.clock)
        world.later(seconds=31)
    flow.deliver(world.parts, *span, world.clock)
    assert dead.tried == 3
    assert states(world) == {(State.QUEUED, Reason.UNREACHABLE): 1}
    assert world.parts.accounts.states()["only"].is_up is False
    with world.parts.db.reading() as session:
        waits = session.scalars(select(Delivery.next_attempt_at).where(Delivery.lane == Lane.ALERTS)).one()
    assert waits > world.now + timedelta(seconds=1)


@pytest.mark.long
def test_a_group_that_is_asked_to_be_slower_is_and_the_others_are_not(world: World) -> None:
    slow = [f"r{n}@gmail.com" for n in range(9)]
    span = planned(world, *slow, *(f"r{n}@x.example" for n in range(9)))
    busy = Refused("450 4.2.1 too many messages, slow down", slows=Scope.GROUP)
    world.wire.outcomes.update(dict.fromkeys(slow, busy))
    flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {(State.SENT, None): 9, (State.QUEUED, Reason.TRY_AGAIN): 9}
    wanted = {"google": 500, "x.example": 500}
    granted = world.parts.budget.take("smtp", wanted)
    assert granted["google"].count < granted["x.example"].count


def test_a_refusal_of_one_is_nobody_elses(world: World) -> None:
    span = planned(world, "a@x.example", "b@x.example", "c@x.example")
    world.wire.outcomes["a@x.example"] = Refused("550 5.1.1 no such user", forever=True)
    world.wire.outcomes["b@x.example"] = Refused("451 4.3.0 later")
    flow.deliver(world.parts, *span, world.clock)
    assert states(world) == {
        (State.FAILED, Reason.REFUSED): 1, (State.QUEUED, Reason.TRY_AGAIN): 1, (State.SENT, None): 1,
    }  # fmt: skip
    with world.parts.db.reading() as session:
        said = {row.state: row.detail for row in session.execute(select(Delivery.state, Delivery.detail))}
    assert (said[State.FAILED], said[State.SENT]) == ("550 5.1.1 no such user", "250 kept")


def test_a_reply_of_any_length_and_script_is_written_down(world: World) -> None:
    span = planned(world, "a@x.example", "b@x.example")
    world.wire.outcomes["a@x.example"] = Sent('250 "قُبلت" \\ {x} ' + "ط" * 1000)
    flow.deliver(world.parts, *span, world.clock)
    with world.parts.db.reading() as session:
        kept = select(Delivery.detail).where(Delivery.lane == Lane.ALERTS).order_by(Delivery.id)
        details = session.scalars(kept).all()
    assert details[0].startswith('250 "قُبلت" \\ {x} ط')
    assert len(details[0]) == 500


def test_a_full_claim_passes_over_what_is_too_old_and_the_next_one_ends_it(world: World) -> None:
    lane, first, last = planned(world, "a@x.example", "b@x.example", "c@x.example")
    with world.parts.db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == first).values(expires_at=world.now))
    span = record.Span(Lane(lane), first, last)
    with world.parts.db.writing() as session:
        full = record.claim(session, span, "full", world.now, world.parts.terms, 2)
    assert [one.id for one in full.owed] == [first + 1, last]
    assert states(world) == {(State.QUEUED, None): 1, (State.SENDING, None): 2}
    with world.parts.db.writing() as session:
        assert record.is_due(session, span, world.now)
        assert record.claim(session, span, "next", world.now, world.parts.terms, 2).owed == ()
    assert states(world) == {(State.EXPIRED, Reason.TOO_OLD): 1, (State.SENDING, None): 2}


def test_what_servers_answer_is_kept_to_the_letter(world: World) -> None:
    said = {"a@x.example": '250 "quoted" \\ {braces}, comma', "b@x.example": "250 تم", "c@x.example": "250 'null'"}
    span = planned(world, *said)
    world.wire.outcomes |= {address: Sent(reply) for address, reply in said.items()}
    flow.deliver(world.parts, *span, world.clock)
    with world.parts.db.reading() as session:
        rows = session.execute(select(Subscriber.address, Delivery.detail).join_from(Delivery, Subscriber))
        assert {address: detail for address, detail in rows if detail} == said
    world.balance()
