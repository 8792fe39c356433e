"""The letters that open and close a subscription."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from notifier import readers
from notifier.consent import suppression
from notifier.consent.links import Scope
from notifier.domain.words import ConsentAction, Frequency, LetterKind, State
from notifier.models import ConsentEvent, Delivery, Site, Subscriber, Subscription
from tests.world import World, text_of


@pytest.fixture
def greeting(world: World) -> World:
    """A site that says both."""
    with world.parts.db.writing() as session:
        session.execute(update(Site).values(sends_welcome=True, sends_goodbye=True))
    return world


def confirm(world: World, address: str = "a@example.org", *topics: str, **given: str) -> None:
    world.topics(topics or ["category:سياسة"])
    world.sign_up(address, *topics, **given)
    world.work()
    readers.confirm(world.parts, world.confirm_token(address), "", world.now)
    world.work()


def of_kind(world: World, kind: LetterKind) -> list[str]:
    """The texts of letters of this kind that were sent, in order."""
    with world.parts.db.reading() as session:
        kinds = dict(session.execute(select(Delivery.id, Delivery.kind)).all())
    pairs = zip(world.wire.sent, world.letters(), strict=True)
    return [text_of(letter) for message, letter in pairs if kinds[message.delivery_id] is kind]


def leave(world: World, scope: Scope = Scope.ALL) -> None:
    with world.parts.db.reading() as session:
        reader = session.scalars(select(Subscriber)).one()
        delivery = session.scalars(select(Delivery.id).order_by(Delivery.id.desc()).limit(1)).one()
    world.later(minutes=1)
    readers.unsubscribe(world.parts, world.parts.signer.sign("u", reader.id, delivery), scope, "", world.now)
    world.work()


def undo_token(world: World) -> str:
    return of_kind(world, LetterKind.GOODBYE)[-1].split("/undo/")[1].split()[0]


def active(world: World) -> set[tuple[int, str]]:
    with world.parts.db.reading() as session:
        rows = session.execute(
            select(Subscription.topic_id, Subscription.frequency).where(Subscription.ended_at.is_(None))
        )
        return {(topic, often) for topic, often in rows}


def test_who_has_confirmed_is_told_what_comes_how_often_and_when(greeting: World) -> None:
    confirm(greeting, "a@example.org", "category:سياسة", "category:رياضة", language="en")
    (welcome,) = of_kind(greeting, LetterKind.WELCOME)
    for words in ("سياسة", "رياضة", "every day", "The first issue comes on Tuesday", "/p/", "/u/"):
        assert words.casefold() in welcome.casefold(), welcome
    greeting.balance()


def test_the_day_of_the_first_letter_is_the_readers_own(greeting: World) -> None:
    greeting.later(hours=9)  # nine in the evening in Baghdad, and tomorrow in Auckland
    confirm(greeting, language="en", time_zone="Pacific/Auckland")
    (welcome,) = of_kind(greeting, LetterKind.WELCOME)
    assert "The first issue comes on Tuesday" in welcome


def test_nobody_is_welcomed_before_the_button_is_pressed(greeting: World) -> None:
    greeting.topics(["category:سياسة"])
    greeting.sign_up("a@example.org")
    greeting.work()
    readers.peek_confirmation(greeting.parts, greeting.confirm_token("a@example.org"), greeting.now)
    greeting.work()
    assert of_kind(greeting, LetterKind.WELCOME) == []


def test_nobody_is_welcomed_twice(greeting: World) -> None:
    greeting.topics(["category:سياسة"])
    greeting.sign_up("a@example.org")
    greeting.work()
    token = greeting.confirm_token("a@example.org")
    for _ in range(2):
        readers.confirm(greeting.parts, token, "", greeting.now)
        greeting.work()
    leave(greeting)
    greeting.later(days=2)
    confirm(greeting)
    assert len(of_kind(greeting, LetterKind.WELCOME)) == 1


def test_who_leaves_before_the_welcome_goes_gets_none(greeting: World) -> None:
    greeting.topics(["category:سياسة"])
    greeting.sign_up("a@example.org")
    greeting.work()
    readers.confirm(greeting.parts, greeting.confirm_token("a@example.org"), "", greeting.now)
    held, greeting.rung[:] = greeting.rung[:], []
    leave(greeting)
    greeting.rung += held
    greeting.work()
    assert of_kind(greeting, LetterKind.WELCOME) == []
    greeting.balance()


def test_a_site_that_does_not_want_them_sends_neither(world: World) -> None:
    confirm(world)
    leave(world)
    assert len(world.wire.sent) == 1, "the confirmation"


def test_a_new_site_welcomes_and_says_no_goodbye() -> None:
    assert (Site.sends_welcome.default.arg, Site.sends_goodbye.default.arg) == (True, False)


def test_who_ended_everything_on_our_page_gets_one_goodbye(greeting: World) -> None:
    confirm(greeting, language="en")
    leave(greeting)
    leave(greeting)
    (goodbye,) = of_kind(greeting, LetterKind.GOODBYE)
    assert "will no longer write to you." in goodbye
    assert "/undo/" in goodbye
    assert "/u/" not in goodbye
    greeting.balance()


def test_one_click_and_leaving_a_part_bring_no_goodbye(greeting: World) -> None:
    confirm(greeting)
    leave(greeting, Scope.LETTER)
    assert active(greeting) == set()
    assert of_kind(greeting, LetterKind.GOODBYE) == []


def test_the_link_of_a_goodbye_brings_everything_back_as_it_was(greeting: World) -> None:
    confirm(greeting, "a@example.org", "category:سياسة", frequency="instant")
    greeting.topics(["category:رياضة"])
    greeting.sign_up("a@example.org", "category:رياضة", frequency="weekly")
    greeting.work()
    before = active(greeting)
    assert {often for _, often in before} == {Frequency.INSTANT, Frequency.WEEKLY}
    leave(greeting)
    greeting.later(days=6)
    token = undo_token(greeting)
    looked = readers.read_goodbye(greeting.parts, token, greeting.now)
    assert looked is not None
    assert set(looked.topics) == {"سياسة", "رياضة"}
    assert active(greeting) == set()
    for _ in range(2):
        assert readers.come_back(greeting.parts, token, "192.0.2.1", greeting.now)
    assert active(greeting) == before
    with greeting.parts.db.reading() as session:
        proof = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
        assert session.scalars(select(Subscriber.confirmed_at)).one() == greeting.now
    assert proof is not None
    assert (proof.action, proof.source, proof.ip) == (ConsentAction.CONFIRMED, "undo", "192.0.2.1")


def test_after_a_week_and_for_a_suppressed_address_it_brings_nothing_back(greeting: World) -> None:
    confirm(greeting)
    leave(greeting)
    token = undo_token(greeting)
    readers.come_back(greeting.parts, token, "", greeting.now + timedelta(days=7))
    assert active(greeting) == set()
    with greeting.parts.db.writing() as session:
        suppression.suppress(session, greeting.site, "a@example.org", "complaint", "t", greeting.now)
    readers.come_back(greeting.parts, token, "", greeting.now)
    assert active(greeting) == set()
    assert readers.come_back(greeting.parts, token[:-2], "", greeting.now) is None


def test_who_leaves_again_after_coming_back_gets_another_goodbye(greeting: World) -> None:
    confirm(greeting)
    leave(greeting)
    greeting.later(minutes=1)
    readers.come_back(greeting.parts, undo_token(greeting), "", greeting.now)
    leave(greeting)
    assert len(of_kind(greeting, LetterKind.GOODBYE)) == 2
    with greeting.parts.db.reading() as session:
        kinds = session.scalars(select(Delivery.state).where(Delivery.kind == LetterKind.GOODBYE)).all()
    assert kinds == [State.SENT, State.SENT]
