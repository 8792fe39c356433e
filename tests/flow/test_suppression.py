"""Suppression and erasure: an address that must not be written to, a person who must be forgotten."""

import pytest
from sqlalchemy import select

from notifier import readers
from notifier.consent import suppression
from notifier.domain.outcome import Refused
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import Base, ConsentEvent, Site, Suppression
from tests.world import World


def suppress(world: World, address: str) -> bool:
    with world.parts.db.writing() as session:
        return suppression.suppress(session, session.get_one(Site, world.site.id), address, "asked", "test", world.now)


def lift(world: World, address: str) -> bool:
    with world.parts.db.writing() as session:
        return suppression.lift(session, session.get_one(Site, world.site.id), address, world.now)


def test_a_suppressed_reader_gets_nothing_more_and_the_proof_is_kept(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    assert suppress(world, "A@EXAMPLE.org")
    assert not suppress(world, "a@example.org"), "once is enough"
    world.article("1")
    world.work()
    assert world.wire.sent == []
    with world.parts.db.reading() as session:
        actions = session.scalars(select(ConsentEvent.action).order_by(ConsentEvent.id)).all()
    assert actions[-1] is ConsentAction.SUPPRESSED


def test_an_unknown_address_can_be_suppressed_and_is_kept_as_a_hash(world: World) -> None:
    assert suppress(world, "stranger@example.org")
    world.topics(["category:سياسة"])
    world.sign_up("stranger@example.org")
    world.work()
    assert world.wire.sent == []
    with world.parts.db.reading() as session:
        kept = session.scalars(select(Suppression)).one()
    assert "stranger" not in kept.address_hash


def test_a_lifted_address_is_written_to_again_once_it_asks(world: World) -> None:
    suppress(world, "a@example.org")
    assert lift(world, "a@example.org")
    assert not lift(world, "a@example.org")
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    assert len(world.wire.sent) == 1
    assert suppress(world, "a@example.org"), "and can be suppressed anew"


def test_an_erased_person_is_found_nowhere_and_the_books_still_balance(world: World) -> None:
    world.reader("layla.unique@example.org", frequency=Frequency.INSTANT, name="ليلى", ip="192.0.2.77")
    world.wire.outcomes["layla.unique@example.org"] = Refused("450 layla.unique@example.org is greylisted")
    world.article("1")
    world.work()
    assert readers.erase(world.parts, world.site.id, "Layla.Unique@example.org", world.now)
    with world.parts.db.reading() as session:
        rows = "\n".join(
            repr(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table)).all()
        )
    for trace in ("layla.unique", "ليلى", "192.0.2.77"):
        assert trace not in rows
    world.later(hours=1)
    world.tick()
    world.balance()
    assert world.wire.sent == []


def test_erasure_survives_a_sign_up_and_an_operator_who_brings_them_back(world: World) -> None:
    world.reader("a@example.org")
    assert readers.erase(world.parts, world.site.id, "a@example.org", world.now)
    assert not readers.erase(world.parts, world.site.id, "a@example.org", world.now)
    world.sign_up("a@example.org")
    world.work()
    assert world.wire.sent == []


@pytest.mark.parametrize("address", ["nobody", "a@b@c.example", ""])
def test_what_is_no_address_is_refused(world: World, address: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        suppress(world, address)
