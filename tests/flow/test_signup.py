"""Double opt-in: one question per address, the same answer for everybody, proof of consent."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from notifier import readers, upkeep
from notifier.consent.links import Scope
from notifier.consent.signup import Invalid, SignUpForm
from notifier.domain.words import ConsentAction, Lane
from notifier.models import ConsentEvent, Delivery, OneTimeToken, Signup, Subscriber, Subscription, Suppression
from tests.world import World, text_of


def count(world: World, model: type) -> int:
    with world.parts.db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.long
def test_two_hundred_signups_for_one_mailbox_send_one_letter(world: World) -> None:
    world.topics(["category:سياسة"])
    for n in range(200):
        dots = "vic.tim" if n % 2 else "victim"
        world.sign_up(f"{dots}+{n}@gmail.com", ip=f"192.0.2.{n % 250}")
    world.work()
    assert len(world.wire.sent) == 1


def test_an_address_is_asked_three_times_in_thirty_days_at_the_most(world: World) -> None:
    world.topics(["category:سياسة"])
    for _ in range(10):
        world.sign_up("a@example.org")
        world.work()
        world.later(days=1)
    assert len(world.wire.sent) == 3
    world.later(days=30)
    world.sign_up("a@example.org")
    world.work()
    assert len(world.wire.sent) == 4


def test_the_letter_leaves_in_the_very_task_that_plans_it(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    (nudge,) = world.rung
    world.rung.clear()
    upkeep.at_once(world.parts, nudge, world.clock)
    assert world.subjects().keys() == {"a@example.org"}
    assert world.rung == []
    assert world.balance().sent == 1


def test_nothing_is_subscribed_before_the_button_is_pressed(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org", frequency="instant")
    world.work()
    readers.peek_confirmation(world.parts, world.confirm_token("a@example.org"), world.now)
    world.article("1")
    world.work()
    assert count(world, Subscription) == 0
    assert len(world.wire.sent) == 1


def test_the_button_also_confirms_what_was_asked_for_meanwhile(world: World) -> None:
    world.topics(["category:سياسة", "category:رياضة"])
    world.sign_up("a@example.org", "category:سياسة")
    world.sign_up("a@example.org", "category:رياضة", frequency="weekly")
    world.work()
    assert len(world.wire.sent) == 1
    token = world.confirm_token("a@example.org")
    seen = readers.peek_confirmation(world.parts, token, world.now)
    assert seen is not None
    assert {one.label for one in seen.topics} == {"سياسة", "رياضة"}
    readers.confirm(world.parts, token, "", world.now)
    with world.parts.db.reading() as session:
        assert sorted(session.scalars(select(Subscription.frequency))) == ["daily", "weekly"]


def test_a_token_works_once_and_not_for_ever(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    token = world.confirm_token("a@example.org")
    assert readers.confirm(world.parts, "x" + token, "", world.now) is None
    world.later(hours=80)
    late = readers.confirm(world.parts, token, "", world.now)
    assert late is not None
    assert late.is_expired
    assert count(world, Subscription) == 0
    world.sign_up("a@example.org")
    world.work()
    fresh = world.confirm_token("a@example.org")
    first = readers.confirm(world.parts, fresh, "", world.now)
    again = readers.confirm(world.parts, fresh, "", world.now)
    assert first is not None
    assert again is not None
    assert (first.is_used, again.is_used) == (False, True)
    assert count(world, Subscription) == 1


def test_tokens_are_kept_as_hashes_only(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    token = world.confirm_token("a@example.org")
    with world.parts.db.reading() as session:
        (row,) = session.scalars(select(OneTimeToken))
    assert token not in (row.token_hash, str(row.id))
    assert len(token) >= 43


def test_the_confirmation_letter_holds_no_text_of_a_stranger(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org", name="زر موقعي https://spam.example")
    world.work()
    (letter,) = world.letters()
    assert "spam.example" not in text_of(letter) + str(letter["To"])
    assert letter["List-Unsubscribe"] is None


def test_a_suppressed_address_is_not_written_to_and_keeps_its_peace(world: World) -> None:
    reader = world.reader("a@example.org")
    with world.parts.db.writing() as session:
        session.add(
            Suppression(
                site_id=world.site.id, address_hash=reader.address_hash, reason="complaint", source="t", at=world.now
            )
        )
    world.sign_up("A@Example.org", name="ليلى", ip="192.0.2.7")
    world.work()
    assert world.wire.sent == []
    with world.parts.db.reading() as session:
        last = session.scalars(select(Signup).order_by(Signup.id.desc())).first()
    assert last is not None
    assert (last.address, last.name, last.ip) == ("", "", ""), "nothing is kept of whom we must not write to"


def test_consent_is_proven_by_events_that_only_grow(world: World) -> None:
    reader = world.reader("a@example.org", ip="192.0.2.7")
    readers.unsubscribe(world.parts, world.parts.signer.sign("u", reader.id, 0), Scope.ALL, "192.0.2.8", world.now)
    with world.parts.db.reading() as session:
        events = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()
    assert [event.action for event in events] == [
        ConsentAction.REQUESTED,
        ConsentAction.CONFIRMED,
        ConsentAction.UNSUBSCRIBED,
    ]
    assert events[0].ip == "192.0.2.7"


def test_after_leaving_for_good_an_address_is_asked_again(world: World) -> None:
    reader = world.reader("a@example.org")
    readers.unsubscribe(world.parts, world.parts.signer.sign("u", reader.id, 0), Scope.ALL, "", world.now)
    world.later(hours=2)
    world.sign_up("a@example.org")
    world.work()
    assert len(world.wire.sent) == 1


def test_whoever_never_confirms_is_forgotten_after_a_week(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org", name="ليلى", ip="192.0.2.7")
    world.work()
    world.later(days=8)
    world.tick()
    assert count(world, Subscriber) == 0
    with world.parts.db.reading() as session:
        kept = session.execute(select(Signup.address, Signup.name, Signup.ip)).one()
    assert tuple(kept) == ("", "", "")
    world.balance()


def test_whoever_asked_again_lately_is_not_forgotten_before_they_could_confirm(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    world.later(days=6)
    world.sign_up("a@example.org")
    world.work()
    world.later(days=2)
    world.tick()
    confirmed = readers.confirm(world.parts, world.confirm_token("a@example.org"), "", world.now)
    assert confirmed is not None
    assert not confirmed.is_expired
    assert count(world, Subscription) == 1


def test_the_link_of_somebody_forgotten_has_expired(world: World) -> None:
    world.with_settings(pending_days=1)
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    token = world.confirm_token("a@example.org")
    world.later(days=2)
    world.tick()
    for answer in (readers.peek_confirmation, lambda parts, token, now: readers.confirm(parts, token, "", now)):
        found = answer(world.parts, token, world.now)
        assert found is not None
        assert found.is_expired


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"address": "nobody"}, "address"),
        ({"address": "a@b@c.example"}, "address"),
        ({"address": "a\r\nBcc: b@example.org@example.org"}, "address"),
        ({"topics": ("category:لا وجود له",)}, "topics"),
        ({"topics": ()}, "topics"),
        ({"frequency": "yearly"}, "frequency"),
        ({"site": "nowhere"}, "site"),
    ],
)
def test_a_field_that_cannot_be_right_is_refused_by_name(
    world: World, form: dict[str, str | tuple[str, ...]], field: str
) -> None:
    world.topics(["category:سياسة"])
    good = {"site": "rafidain", "address": "a@example.org", "topics": ("category:سياسة",), "frequency": "daily"}
    with pytest.raises(Invalid) as refusal:
        readers.request_signup(world.parts, SignUpForm(**{**good, **form}), world.now)  # type: ignore[arg-type]  # mixed on purpose
    assert refusal.value.field == field
    assert count(world, Signup) == 0


def test_a_domain_that_takes_no_mail_is_not_written_to_and_nothing_is_kept(world: World) -> None:
    world.topics(["category:سياسة"])
    world.parts = replace(world.parts, takes_mail=lambda domain: not domain.endswith(".none"))
    world.sign_up("a@example.org")
    world.sign_up("b@فلسطين.none", name="ليلى", ip="192.0.2.7")
    world.work()
    assert world.subjects().keys() == {"a@example.org"}
    with world.parts.db.reading() as session:
        last = session.scalars(select(Signup).order_by(Signup.id.desc())).first()
    assert last is not None
    assert (last.result, last.address, last.name, last.ip) == ("unreachable", "", "", "")


def test_the_confirmation_goes_by_the_urgent_lane(world: World) -> None:
    world.topics(["category:سياسة"])
    world.sign_up("a@example.org")
    world.work()
    with world.parts.db.reading() as session:
        assert session.scalars(select(Delivery.lane)).all() == [Lane.URGENT]
