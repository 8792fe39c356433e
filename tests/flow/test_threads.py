"""Comment threads: everyone who asked is told once, at their own pace, for the strongest reason."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow, readers
from notifier.consent import moving
from notifier.consent.mutes import Muting
from notifier.domain.items import NewItem
from notifier.domain.tokens import address_hash
from notifier.domain.words import Frequency, ItemKind, ItemState, NoticeReason, Reason, State
from notifier.models import Bookmark, Delivery, Letter, LetterItem, Notice, Subscriber, Thread
from tests.world import World, text_of

ME, SHE = "a@example.org", "b@example.org"
INSTANT = Frequency.INSTANT


@pytest.fixture
def thread(world: World) -> World:
    """An article with one comment of mine."""
    world.article("1")
    world.comment("mine", "1", author_address=ME)
    world.work()
    return world


def told(world: World, address: str = ME) -> list[list[str]]:
    """The comments in each letter that somebody got, by guid."""
    letters = [one for one in world.letters() if address in one["To"]]
    return [re.findall(r"تعليق ([a-z][a-z0-9]*)", text_of(one)) for one in letters]


def pass_time(world: World, minutes: int, step: int = 2) -> None:
    """Let minutes pass, with a tick after every `step`."""
    for _ in range(0, minutes, step):
        world.later(minutes=step)
        world.tick()


def shown(world: World) -> list[tuple[int, ...]]:
    """The items of each letter about comments, in the order of their plan."""
    with world.parts.db.reading() as session:
        letters = session.scalars(select(Letter.id).where(Letter.kind == "reply").order_by(Letter.id)).all()
        rows = select(LetterItem.item_id).order_by(LetterItem.position)
        return [tuple(session.scalars(rows.where(LetterItem.letter_id == one))) for one in letters]


def reasons(world: World) -> list[NoticeReason]:
    with world.parts.db.reading() as session:
        return list(session.scalars(select(Notice.reason).order_by(Notice.id)))


@pytest.mark.matrix(2)
@pytest.mark.parametrize(
    ("topic", "given", "reason"),
    [
        pytest.param("replies:mine", {"parent": "mine"}, NoticeReason.REPLY, id="replies-to-one"),
        pytest.param("mine:1", {"parent": "mine"}, NoticeReason.MINE, id="replies-to-mine-here"),
        pytest.param("mine", {"parent": "mine"}, NoticeReason.MINE, id="replies-to-mine"),
        pytest.param("mentions", {"mentions": ("A@Example.org",)}, NoticeReason.MENTION, id="mentions"),
        pytest.param("passage:1#7", {"facts": {"passage": 7}}, NoticeReason.THREAD, id="passage"),
    ],
)
def test_each_kind_of_subscription_brings_what_it_says_and_nothing_else(
    thread: World, topic: str, given: dict[str, Any], reason: NoticeReason
) -> None:
    thread.comment("first", "1", author_address=SHE, facts={"passage": 7})
    thread.reader(ME, topic, frequency=INSTANT)
    thread.comment("other", "1", author_address=SHE)
    wanted = thread.comment("wanted", "1", author_address=SHE, **given)
    thread.work()
    pass_time(thread, 10)
    assert shown(thread) == [(wanted,)]
    assert reasons(thread) == [reason]
    assert len(thread.wire.sent) == 1


def test_a_commenter_is_followed_by_address_and_not_by_name(thread: World) -> None:
    writer = address_hash(thread.site.pepper, SHE)
    thread.comment("hers", "1", author_address=SHE, author_name="Hoda <b>http://x.example</b>")
    thread.reader(ME, f"author:{writer}", frequency=INSTANT)
    thread.comment("false", "1", author_address="c@example.org", author_name="Hoda")
    wanted = thread.comment("true", "1", author_address=SHE, author_name="Other")
    pass_time(thread, 10)
    assert shown(thread) == [(wanted,)]


@pytest.mark.long
def test_the_strongest_reason_wins_and_the_comment_comes_once(thread: World) -> None:
    thread.reader(ME, "thread:1", "replies:mine", "mine:1", "mine", "mentions", frequency=INSTANT)
    thread.comment("r", "1", "mine", author_address=SHE, mentions=(ME,))
    pass_time(thread, 90, 6)
    assert len(thread.wire.sent) == 1
    assert reasons(thread) == [NoticeReason.MENTION]


def test_ones_own_answer_to_oneself_is_no_news(thread: World) -> None:
    thread.reader(ME, "thread:1", "replies:mine", "mine", "mentions", frequency=INSTANT)
    thread.comment("r", "1", "mine", author_address="A@example.org", mentions=(ME,))
    pass_time(thread, 10)
    assert thread.wire.sent == []


def test_what_one_wrote_before_one_had_another_address_is_no_news(thread: World) -> None:
    thread.with_settings(thread_hold_s=600)
    reader = thread.reader(ME, "thread:1", frequency=INSTANT)
    thread.comment("own", "1", author_address=ME)
    with thread.parts.db.writing() as session:
        moving.request(session, session.get_one(Subscriber, reader.id), SHE, thread.now)
    pass_time(thread, 5, 1)
    assert readers.confirm(thread.parts, thread.confirm_token(SHE), "", thread.now)
    thread.work()
    thread.comment("other", "1")
    thread.wire.sent.clear()
    pass_time(thread, 20, 5)
    assert told(thread, SHE) == [["other"]]


@pytest.mark.long
def test_a_busy_thread_is_five_letters_and_then_daily_and_the_fifth_says_so(thread: World) -> None:
    thread.reader(ME, "thread:1", frequency=INSTANT, time_zone="Asia/Baghdad")
    thread.now = thread.now.replace(hour=4) + timedelta(days=1)
    made = []
    for n in range(57):
        made.append(thread.comment(f"c{n}", "1"))
        pass_time(thread, 15, 15)
    assert len(thread.wire.sent) == 5
    with thread.parts.db.reading() as session:
        data = session.scalars(select(Letter.data).where(Letter.kind == "reply").order_by(Letter.id)).all()
    assert [one.get("turns_daily", False) for one in data] == [False] * 4 + [True]
    assert "next_at" in data[0]
    thread.now = thread.now.replace(hour=5, minute=0) + timedelta(days=1)
    thread.tick()
    assert len(thread.wire.sent) == 6
    with thread.parts.db.reading() as session:
        items = session.scalars(
            select(LetterItem.item_id).join(Letter, Letter.id == LetterItem.letter_id).where(Letter.kind != "confirm")
        ).all()
        assert session.scalars(select(Thread.is_open)).one() is True
    assert sorted(items) == made, "each once, none lost"
    thread.tick()
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Thread.is_open)).one() is False


@pytest.mark.long
def test_a_comment_of_ones_own_or_a_visit_makes_letters_prompt_again(thread: World) -> None:
    thread.reader(ME, "thread:1", frequency=INSTANT)
    for n in range(3):
        thread.comment(f"c{n}", "1")
        pass_time(thread, 70, 10)
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Bookmark.unanswered)).one() == 3
    visits = [("1", SHE), ("2", ME), ("1", "nobody"), ("1", "A@Example.org")]
    readers.note_visits(thread.parts, thread.site.id, visits[:3], thread.now)
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Bookmark.unanswered)).one() == 3, "somebody else, elsewhere"
    readers.note_visits(thread.parts, thread.site.id, visits, thread.now)
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Bookmark.unanswered)).one() == 0
    thread.comment("c4", "1")
    pass_time(thread, 10)
    assert len(thread.wire.sent) == 4
    thread.comment("me", "1", author_address=ME)
    with thread.parts.db.reading() as session:
        mark = session.scalars(select(Bookmark)).one()
    assert (mark.unanswered, mark.alive_at) == (0, thread.now)


@pytest.mark.long
def test_more_than_twelve_letters_a_day_join_the_digest(world: World) -> None:
    world.with_settings(comment_letters_per_day=2)
    for n in range(4):
        world.article(str(n))
    world.work()
    world.reader(ME, *(f"thread:{n}" for n in range(4)), frequency=INSTANT)
    for n in range(4):
        world.comment(f"c{n}", str(n))
    pass_time(world, 120, 10)
    assert len(world.wire.sent) == 2
    world.now = world.now.replace(hour=5, minute=0) + timedelta(days=1)
    world.tick()
    assert len(world.wire.sent) == 3
    assert sum(map(len, told(world))) == 4


def test_nothing_leaves_at_night_and_all_of_it_in_the_morning(thread: World) -> None:
    thread.reader(ME, "thread:1", "mine", frequency=INSTANT)
    thread.now = thread.now.replace(hour=20, minute=30)
    thread.comment("late", "1", "mine")
    pass_time(thread, 60, 10)
    assert thread.wire.sent == []
    thread.now = thread.now.replace(hour=4, minute=0) + timedelta(days=1)
    thread.tick()
    assert len(thread.wire.sent) == 1


@pytest.mark.long
def test_approval_comes_late_and_again_and_is_told_once(thread: World) -> None:
    thread.reader(ME, "thread:1", "mine", frequency=INSTANT)
    held = [
        NewItem(ItemKind.COMMENT, guid, html=f"<p>تعليق {guid}</p>", article_guid="1", parent_guid=parent, state=state)
        for guid, parent, state in (("t", "", ItemState.HELD), ("r", "mine", ItemState.HELD))
    ]
    for one in held:
        thread.ingest(one)
    thread.comment("before", "1")
    pass_time(thread, 30, 5)
    assert len(thread.wire.sent) == 1
    for state in (ItemState.LIVE, ItemState.HELD, ItemState.LIVE):
        for one in held:
            thread.ingest(replace(one, state=state))
        pass_time(thread, 90, 10)
    assert told(thread) == [["before"], ["t", "mine", "r"]], "and the comment it answers"


def test_a_comment_taken_back_while_it_was_passed_over_is_told_when_it_returns(thread: World) -> None:
    thread.reader(ME, "thread:1", frequency=INSTANT)
    one = NewItem(ItemKind.COMMENT, "x", html="<p>تعليق x</p>", article_guid="1")
    thread.ingest(one)
    thread.ingest(replace(one, state=ItemState.HELD))
    thread.comment("y", "1")
    pass_time(thread, 10)
    thread.ingest(replace(one, state=ItemState.LIVE))
    pass_time(thread, 60, 10)
    assert told(thread) == [["y"], ["x"]]


@pytest.mark.long
@pytest.mark.matrix(1)
@pytest.mark.parametrize("how", list(Muting))
def test_a_mute_is_heard_at_the_last_second_and_leaves_its_reason(thread: World, how: Muting) -> None:
    thread.reader(ME, "thread:1", "category:سياسة", frequency=INSTANT)
    thread.comment("c1", "1")
    pass_time(thread, 6)
    link = thread.letters()[0]["List-Unsubscribe"].split(">")[0].strip("<").rsplit("/", 1)[1]
    found = readers.read_link(thread.parts, "u", link)
    assert found is not None
    thread.comment("c2", "1")
    thread.later(hours=2)
    flow.bundle_notices(thread.parts, thread.now)
    assert readers.mute(thread.parts, found, how, "", thread.now)
    thread.work()
    assert len(thread.wire.sent) == 1
    with thread.parts.db.reading() as session:
        last = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
    assert (last.state, last.reason) == (State.DROPPED, Reason.MUTED)
    thread.comment("c3", "1")
    pass_time(thread, 120, 10)
    assert len(thread.wire.sent) == 1
    muted = readers.mute(thread.parts, found, how, "", thread.now)
    assert readers.mutes_of(thread.parts, found.subscriber_id) == muted
    assert readers.unmute(thread.parts, found.subscriber_id, [one.what for one in muted], "", thread.now) == muted
    assert readers.unmute(thread.parts, found.subscriber_id, [one.what for one in muted], "", thread.now) == ()
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Bookmark.unanswered)).one() == 0, "somebody is there again"
    thread.comment("c4", "1")
    pass_time(thread, 240, 20)
    assert told(thread)[1:] == [["c4"]]
    thread.balance()


@pytest.mark.long
def test_a_subscription_nobody_asked_for_goes_daily_after_a_week(thread: World) -> None:
    thread.reader(ME, "thread:1", frequency=INSTANT, is_implicit=True)
    thread.comment("soon", "1")
    pass_time(thread, 10)
    assert len(thread.wire.sent) == 1
    thread.later(days=8)
    thread.comment("late", "1")
    pass_time(thread, 120, 10)
    assert len(thread.wire.sent) == 1
    thread.now = thread.now.replace(hour=5, minute=0) + timedelta(days=1)
    thread.tick()
    assert told(thread) == [["soon"], ["late"]]


def test_one_click_in_a_thread_letter_leaves_what_has_nothing_to_do_with_it(thread: World) -> None:
    writer = address_hash(thread.site.pepper, SHE)
    thread.comment("hers", "1", author_address=SHE)
    thread.reader(ME, "thread:1", "mine", "mentions", f"author:{writer}", "replies:mine", frequency=INSTANT)
    thread.comment("r", "1", "hers")
    pass_time(thread, 10)
    link = thread.letters()[0]["List-Unsubscribe"].split(">")[0].strip("<").rsplit("/", 1)[1]
    found = readers.read_link(thread.parts, "u", link)
    assert found is not None
    assert len(found.topics) == 2, "the thread and the answers in it"


def test_a_crowd_that_follows_one_person_is_left_to_the_nudge(thread: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.stages.match.CROWD", 1)
    for n in range(3):
        thread.reader(f"r{n}@example.org", "replies:mine", frequency=INSTANT)
    thread.comment("r", "1", "mine")
    assert reasons(thread) == []
    thread.work()
    assert reasons(thread) == [NoticeReason.REPLY] * 3


def test_a_thread_followed_daily_is_in_the_very_next_digest(thread: World) -> None:
    thread.reader(ME, "thread:1", frequency=Frequency.DAILY)
    thread.comment("c1", "1")
    thread.now = thread.now.replace(hour=5, minute=0) + timedelta(days=1)
    flow.open_runs(thread.parts, thread.now)
    thread.work()
    assert told(thread) == [["c1"]]
