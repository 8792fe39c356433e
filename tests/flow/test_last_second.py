"""The last second counts: what changed between the plan and the claim is heeded, and each skip leaves its reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from notifier import flow, readers, upkeep
from notifier.consent.changing import PreferenceChange
from notifier.consent.links import Scope
from notifier.domain.items import NewItem
from notifier.domain.outcome import Refused
from notifier.domain.words import Frequency, ItemKind, ItemState, Reason, State
from notifier.models import Delivery, DeliveryEvent, Subscriber, Suppression
from notifier.queue import Nudge, Task
from notifier.stages.render import Press
from tests.world import World, text_of


def plan(world: World, *articles: str) -> list[Nudge]:
    """Publish and plan, and hold the letters back."""
    for guid in articles:
        world.article(guid)
    held = []
    while world.rung:
        nudge = world.rung.pop(0)
        if nudge.task is Task.DELIVER:
            held.append(nudge)
        else:
            upkeep.act(world.parts, nudge, world.clock)
    return held


def ended(world: World) -> list[tuple[State, Reason | None]]:
    with world.parts.db.reading() as session:
        rows = session.execute(
            select(Delivery.state, Delivery.reason).where(Delivery.kind != "confirm").order_by(Delivery.id)
        )
        return [(state, reason) for state, reason in rows]


def test_a_retracted_article_is_not_sent(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.rung += plan(world, "1")
    flow.retract_item(world.parts, world.site.id, "1", world.now)
    world.work()
    assert world.wire.sent == []
    assert ended(world) == [(State.DROPPED, Reason.RETRACTED)]
    world.balance()


def test_a_corrected_article_is_sent_as_it_is_now(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.rung += plan(world, "1")
    world.article("1", title="عنوان مصحَّح")
    world.work()
    (subjects,) = world.subjects().values()
    assert "عنوان مصحَّح" in subjects[0]


def test_whoever_unsubscribed_in_between_is_spared(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    held = plan(world, "1")
    world.later(seconds=1)
    token = world.parts.signer.sign("u", reader.id, 0)
    readers.unsubscribe(world.parts, token, Scope.ALL, "", world.now)
    world.rung += held
    world.work()
    assert world.wire.sent == []
    assert ended(world) == [(State.DROPPED, Reason.UNSUBSCRIBED)]


def test_leaving_one_category_takes_only_its_stories_out_of_a_planned_digest(world: World) -> None:
    reader = world.reader("a@example.org", "category:سياسة", "category:رياضة")
    world.article("p", "سياسة")
    world.article("s", "رياضة")
    world.work()
    world.now += timedelta(hours=20)
    upkeep.tick(world.parts, world.now)
    held = plan(world)
    world.later(seconds=1)
    change = PreferenceChange(frequencies={"category:رياضة": ""})
    readers.change_preferences(world.parts, reader.id, change, "", world.now)
    world.rung += held
    world.work()
    (letter,) = world.letters()
    assert "خبر p" in text_of(letter)
    assert "خبر s" not in text_of(letter)


def test_a_suppressed_address_gets_nothing(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    held = plan(world, "1")
    with world.parts.db.writing() as session:
        session.add(
            Suppression(
                site_id=world.site.id, address_hash=reader.address_hash, reason="complaint", source="t", at=world.now
            )
        )
    world.rung += held
    world.work()
    assert ended(world) == [(State.DROPPED, Reason.SUPPRESSED)]


def test_an_erased_reader_leaves_the_books_balanced(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    held = plan(world, "1")
    with world.parts.db.writing() as session:
        session.delete(session.get_one(Subscriber, reader.id))
    world.rung += held
    world.work()
    assert ended(world) == [(State.DROPPED, Reason.ERASED)]
    world.balance()


def test_a_held_comment_waits_for_its_moderator_and_a_removed_one_is_never_sent(world: World) -> None:
    world.article("1")
    world.work()
    world.reader("a@example.org", "thread:1", frequency=Frequency.INSTANT)
    held = NewItem(ItemKind.COMMENT, "c", html="<p>قيد المراجعة</p>", article_guid="1", state=ItemState.HELD)
    world.ingest(held)
    world.comment("d", "1", html="<p>سيُحذف</p>")
    world.work()
    flow.retract_item(world.parts, world.site.id, "d", world.now)
    world.later(hours=1)
    world.tick()
    assert world.wire.sent == []
    world.ingest(replace(held, state=ItemState.LIVE))
    world.work()
    world.later(hours=1)
    world.tick()
    (letter,) = world.letters()
    assert "قيد المراجعة" in text_of(letter)
    assert "سيُحذف" not in text_of(letter)


def test_an_alert_too_old_to_be_news_expires(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    held = plan(world, "1")
    world.later(hours=3)
    world.rung += held
    world.work()
    assert ended(world) == [(State.EXPIRED, Reason.TOO_OLD)]


def test_a_refusal_for_now_is_tried_again_after_five_minutes_and_then_ten(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.wire.outcomes["a@example.org"] = Refused("450 4.2.0 greylisted")
    world.article("1")
    world.work()
    for minutes in (5, 10, 20):
        tried = len(world.wire.seen)
        world.later(minutes=minutes - 1)
        upkeep.sweep(world.parts, world.now)
        world.work()
        assert len(world.wire.seen) == tried
        world.later(minutes=2)
        upkeep.sweep(world.parts, world.now)
        world.work()
        assert len(world.wire.seen) == tried + 1
    del world.wire.outcomes["a@example.org"]
    world.later(minutes=41)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert len(world.wire.sent) == 1
    messages = {message.data.split(b"Message-ID: ")[1].split(b"\r\n")[0] for message in world.wire.seen[1:]}
    assert len(messages) == 1, "every try has the same Message-ID"
    with world.parts.db.reading() as session:
        assert len(session.scalars(select(DeliveryEvent)).all()) == 4


def test_a_refusal_for_ever_ends_the_delivery_with_the_servers_words(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.wire.outcomes["a@example.org"] = Refused("550 5.1.1 no such user", forever=True)
    world.article("1")
    world.work()
    assert ended(world) == [(State.FAILED, Reason.REFUSED)]
    with world.parts.db.reading() as session:
        assert "5.1.1" in session.scalars(select(Delivery.detail).where(Delivery.kind == "alert")).one()


def test_a_dead_server_costs_no_attempt(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.wire.outcomes["a@example.org"] = Refused("connect failed", charged=False)
    world.article("1")
    world.work()
    with world.parts.db.reading() as session:
        row = session.scalars(select(Delivery).where(Delivery.kind == "alert")).one()
    assert (row.state, row.reason, row.attempts) == (State.QUEUED, Reason.UNREACHABLE, 0)


def test_tries_end_with_a_reason(world: World) -> None:
    world.with_settings(attempts_max=3, alert_expires_h=48)
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.wire.outcomes["a@example.org"] = Refused("450 later")
    world.article("1")
    world.work()
    for _ in range(5):
        world.later(hours=2)
        upkeep.sweep(world.parts, world.now)
        world.work()
    assert ended(world) == [(State.FAILED, Reason.ATTEMPTS)]
    assert len(world.wire.seen) == 4, "the confirmation and three tries"


def test_a_dead_workers_claim_is_taken_back_when_its_lease_ends(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    plan(world, "1")
    with world.parts.db.writing() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.kind == "alert")
            .values(state=State.SENDING, attempts=1, lease_until=world.now + timedelta(minutes=5), lease_token="dead")
        )
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert world.wire.sent == []
    world.later(minutes=6)
    upkeep.sweep(world.parts, world.now)
    world.later(seconds=30)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert len(world.wire.sent) == 1


def test_a_template_that_raises_fails_its_letter_and_harms_no_other(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.rung += plan(world, "1", "2")
    real = world.parts.renderer.render

    class OneBroken:
        languages = world.parts.renderer.languages

        @staticmethod
        def render(content: object) -> object:
            if getattr(content, "items")[0].guid == "1":  # noqa: B009 - the content's type does not matter here
                raise ValueError("broken on purpose")
            return real(content)  # type: ignore[arg-type]  # as above

    world.parts = replace(world.parts, press=Press(OneBroken()))  # type: ignore[arg-type]  # as above
    world.work()
    assert ended(world) == [(State.FAILED, Reason.RENDERING), (State.SENT, None)]


def test_an_address_that_cannot_be_written_to_fails_alone(world: World) -> None:
    reader = world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.reader("b@example.org", frequency=Frequency.INSTANT)
    with world.parts.db.writing() as session:
        session.execute(
            update(Subscriber).where(Subscriber.id == reader.id).values(address="a\r\nBcc: x@evil.example@example.org")
        )
    world.article("1")
    world.work()
    assert ended(world) == [(State.FAILED, Reason.ADDRESS), (State.SENT, None)]


@pytest.mark.parametrize("most", [1, 7])
def test_a_chunk_larger_than_the_budget_is_finished_in_several_tasks(world: World, most: int) -> None:
    for n in range(9):
        world.reader(f"r{n}@example.org", frequency=Frequency.INSTANT)
    world.with_settings(send_rate_per_s=most, task_slice_s=1)
    world.article("1")
    world.work()
    assert len(world.wire.sent) == 9
    world.balance()
