"""The whole way, once: from an article to a reader's inbox."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from notifier import flow, readers
from notifier.consent.links import Scope
from notifier.db import Database
from notifier.domain.words import Calendar, Digits, Frequency
from notifier.models import Delivery, Letter, Site
from tests.world import World, html_of, text_of


@pytest.mark.long
def test_a_reader_confirms_and_gets_the_daily_digest_at_their_local_hour(world: World) -> None:
    world.article("1", "سياسة")
    world.sign_up("layla@example.org", "category:سياسة", language="ar", time_zone="Asia/Baghdad")
    world.work()
    assert list(world.subjects()) == ["layla@example.org"]
    token = world.confirm_token("layla@example.org")
    confirmed = readers.confirm(world.parts, token, "192.0.2.1", world.now)
    assert confirmed is not None
    assert not confirmed.is_used
    world.wire.sent.clear()

    world.article("2", "سياسة")
    world.article("3", "رياضة")
    world.work()
    world.tick()
    assert world.subjects() == {}, "nothing before the hour"

    world.now = world.now.replace(hour=5, minute=0) + timedelta(days=1)
    world.tick()
    (letter,) = world.letters()
    assert "خبر 2" in text_of(letter)
    assert "خبر 3" not in text_of(letter)
    assert 'dir="rtl"' in html_of(letter)
    assert world.balance().sent == 2


def test_an_instant_reader_gets_the_article_at_once_and_never_again_in_a_digest(world: World) -> None:
    world.reader("a@example.org", "category:سياسة", frequency=Frequency.INSTANT)
    world.reader("a@example.org", "category:رئيسي", frequency=Frequency.DAILY)
    world.article("1", "رئيسي", "سياسة")
    world.work()
    assert len(world.wire.sent) == 1
    world.later(days=1)
    world.tick()
    assert len(world.wire.sent) == 1


def test_a_reply_and_its_thread_reach_a_reader_as_one_letter(world: World) -> None:
    world.article("1")
    world.comment("c1", "1", author_address="a@example.org")
    world.work()
    world.reader("a@example.org", "thread:1", "replies:c1", frequency=Frequency.INSTANT)
    for n in range(3):
        world.comment(f"r{n}", "1", "c1")
        world.work()
        world.later(seconds=10)
    world.tick()
    assert world.wire.sent == []
    world.later(minutes=5)
    world.tick()
    (letter,) = world.letters()
    assert all(f"تعليق r{n}" in text_of(letter) for n in range(3))
    assert world.balance().sent == 2


@pytest.mark.long
def test_nobody_is_told_of_their_own_comment(world: World) -> None:
    world.article("1")
    world.work()
    world.reader("a@example.org", "thread:1", frequency=Frequency.INSTANT)
    world.comment("c1", "1", author_address="A@Example.org")
    world.work()
    world.later(hours=1)
    world.tick()
    assert world.wire.sent == []


def test_one_click_ends_what_brought_the_letter_and_the_rest_stays(world: World) -> None:
    world.reader("a@example.org", "category:سياسة", frequency=Frequency.INSTANT)
    world.reader("a@example.org", "category:رياضة", frequency=Frequency.DAILY)
    world.article("1", "سياسة")
    world.work()
    link = world.letters()[0]["List-Unsubscribe"].split(">")[0].strip("<")
    token = link.rsplit("/", 1)[1]
    done = readers.unsubscribe(world.parts, token, Scope.LETTER, "", world.now)
    assert done is not None
    assert [one.label for one in done.ended] == ["سياسة"]
    assert done.is_anything_left
    world.article("2", "سياسة")
    world.work()
    assert len(world.wire.sent) == 1


def test_delivering_twice_sends_once(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    flow.deliver(world.parts, "alerts", 0, 10_000, world.clock)
    assert len(world.wire.sent) == 1


def test_the_books_balance_while_letters_are_being_planned(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("0")
    world.work()
    planned = iter(range(1, 10))

    def plan_between(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        # Somebody else's commit between two statements of the one who counts.
        if statement.startswith("SELECT") and ("deliveries" in statement or "letters" in statement):
            add_letter(world, next(planned))

    event.listen(world.parts.db.engine, "after_cursor_execute", plan_between)
    try:
        assert flow.status(world.parts).balance.is_balanced
    finally:
        event.remove(world.parts.db.engine, "after_cursor_execute", plan_between)


def add_letter(world: World, number: int) -> None:
    """One more planned letter, on a connection of its own."""
    db = Database(world.parts.db.engine.url.render_as_string(hide_password=False))
    with db.writing() as session:
        letter, delivery = session.scalars(select(Letter)).first(), session.scalars(select(Delivery)).first()
        assert letter is not None
        assert delivery is not None
        letter.planned_count += 1
        session.add(
            Delivery(
                site_id=delivery.site_id,
                letter_id=letter.id,
                subscriber_id=delivery.subscriber_id,
                kind=delivery.kind,
                about_id=1000 + number,
                lane=delivery.lane,
                next_attempt_at=world.now,
                expires_at=world.now,
                created_at=world.now,
            )
        )
    db.close()


def test_a_site_of_a_country_writes_its_dates_as_that_country_does(world: World) -> None:
    with world.parts.db.writing() as session:
        site = session.get_one(Site, world.site.id)
        site.language, site.digits, site.calendar = "en-US", Digits.ARAB, Calendar.HIJRI
    world.reader("a@example.org", "category:سياسة", frequency=Frequency.DAILY, language="en-US")
    world.reader("b@example.org", "category:سياسة", frequency=Frequency.DAILY, language="ar")
    world.article("1", "سياسة")
    world.work()
    world.now += timedelta(days=1)
    world.tick()
    texts = {message.rcpt_to: text_of(letter) for message, letter in zip(world.wire.sent, world.letters(), strict=True)}
    assert " AH)" in texts["a@example.org"]
    assert "هـ" in texts["b@example.org"]
