"""What a WordPress has, and what becomes of it: new, edited, hidden, gone, back, and far more than one page."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notifier import flow
from notifier.domain.words import Frequency, ItemState
from tests.flow.moderated import FAN
from tests.flow.test_threads import ME, pass_time
from tests.wordpress.fake import Fake, following, stamp
from tests.world import World, text_of


@pytest.fixture
def fake(world: World) -> Iterator[Fake]:
    with following(world) as running:
        yield running


def test_a_first_look_files_the_past_and_announces_the_day(fake: Fake) -> None:
    fake.post(1, ago_h=100)
    fake.post(2, ago_h=2)
    fake.comment(7, 2, ago_h=1)
    assert not fake.poll(0).error
    items = fake.items()
    assert {guid: one.announced_at is not None for guid, one in items.items()} == {
        "https://r.example/?p=1": False,
        "https://r.example/?p=2": True,
    }
    assert fake.talk()[7].announced_at is None, "whoever mailed comments before did so already"
    assert fake.talk()[7].guid == "https://r.example/?p=2#comment-7"


def test_news_comes_once_edits_are_heeded_and_nothing_else_is_fetched(fake: Fake) -> None:
    fake.post(1, ago_h=2)
    fake.poll(0)
    fake.poll()
    fake.asked()
    fake.poll()
    assert len(fake.asked()) == 3, "changes, the list, the comments"
    fake.post(2)
    fake.comment(7, 1)
    fake.comment(8, 1, parent=7)
    fake.poll(60)
    talk = fake.talk()
    assert fake.items()["https://r.example/?p=2"].announced_at
    assert talk[8].parent_id == talk[7].id
    assert talk[8].announced_at
    fake.post(1, ago_h=3, title={"rendered": "خبر &#8220;آخر&#8221;"}, modified_gmt=stamp(fake.world.now))
    fake.comments[7]["content"] = {"rendered": "<p>معدل</p>"}
    fake.poll(60)
    assert fake.items()["https://r.example/?p=1"].title == "خبر “آخر”"
    assert fake.items()["https://r.example/?p=1"].version == 2
    assert (fake.talk()[7].summary, fake.talk()[7].version) == ("معدل", 2)


def test_what_a_schedule_publishes_is_found_by_its_date(fake: Fake) -> None:
    fake.post(1)
    fake.poll(0)
    written = stamp(fake.world.now - timedelta(days=9))
    fake.world.later(hours=2)
    fake.post(5, modified_gmt=written)
    fake.poll(60)
    assert fake.items()["https://r.example/?p=5"].announced_at


def test_what_is_hidden_or_deleted_is_taken_back_and_what_returns_keeps_its_date(fake: Fake) -> None:
    fake.post(1, ago_h=1)
    fake.post(2, ago_h=1)
    fake.comment(7, 1)
    fake.poll(0)
    fake.comment(8, 1)
    fake.poll()
    first = fake.talk()[8].announced_at
    fake.comments[8]["status"] = "hold"
    del fake.comments[7], fake.posts[2]
    fake.poll()
    assert [one.state for one in fake.talk().values()] == [ItemState.RETRACTED] * 2
    assert fake.items()["https://r.example/?p=2"].state is ItemState.RETRACTED
    fake.comments[8]["status"] = "approved"
    fake.poll()
    assert (fake.talk()[8].state, fake.talk()[8].announced_at) == (ItemState.LIVE, first)


def follow(fake: Fake) -> None:
    """One reader waits for answers to the first comment, the other for whatever is said."""
    fake.post(1, ago_h=1)
    fake.comment(1, 1, ago_h=0.5, author_email=ME)
    fake.poll(0)
    fake.world.work()
    fake.world.reader(ME, "replies:https://r.example/?p=1#comment-1", frequency=Frequency.INSTANT)
    fake.world.reader(FAN, "thread:https://r.example/?p=1", frequency=Frequency.INSTANT)


def look(fake: Fake, number: int, status: str) -> None:
    """A moderator sets the status of a comment, and letters leave that are due."""
    fake.comments[number]["status"] = status
    fake.poll(60)
    fake.world.work()
    pass_time(fake.world, 40, 20)


def told_of(fake: Fake, words: str) -> list[str]:
    letters = [one for one in fake.world.letters() if words in text_of(one)]
    return sorted(str(one["To"]) for one in letters)


@pytest.mark.long
def test_a_comment_that_is_hidden_before_its_letter_leaves_is_told_once_it_is_back(fake: Fake) -> None:
    follow(fake)
    fake.comment(2, 1, parent=1, author_email="c@example.org")
    fake.poll(20)
    fake.world.work()
    look(fake, 2, "hold")
    assert told_of(fake, "تعليق 2") == []
    look(fake, 2, "approved")
    assert told_of(fake, "تعليق 2") == [ME, FAN]
    look(fake, 2, "hold")
    look(fake, 2, "approved")
    assert told_of(fake, "تعليق 2") == [ME, FAN], "once"


@pytest.mark.long
def test_a_comment_of_the_first_look_is_no_news_when_it_comes_back_either(fake: Fake) -> None:
    follow(fake)
    look(fake, 1, "hold")
    look(fake, 1, "approved")
    assert fake.talk()[1].state is ItemState.LIVE
    assert fake.talk()[1].announced_at is None
    assert fake.world.wire.sent == []


def test_an_approval_that_comes_late_is_found_and_announced(fake: Fake) -> None:
    fake.post(1, ago_h=30)
    fake.comment(7, 1, ago_h=20, status="hold")
    for number in range(10, 150):
        fake.comment(number, 1, ago_h=10 - number / 100)
    fake.poll(0)
    fake.comments[7]["status"] = "approved"
    fake.poll(60)
    fake.poll(60)
    assert fake.talk()[7].announced_at


@pytest.mark.slow
def test_a_flood_of_comments_is_read_to_the_end(fake: Fake) -> None:
    fake.post(1, ago_h=1)
    fake.comment(1, 1, ago_h=1)
    fake.poll(0)
    fake.world.later(hours=1)
    for number in range(2, 1302):
        fake.comment(number, 1, ago_h=(1302 - number) / 1500)
    for _ in range(4):
        polled = fake.poll(60)
    assert len(fake.talk()) == 1301
    assert not polled.error


@pytest.mark.slow
def test_thousands_of_edits_are_read_over_several_looks(fake: Fake) -> None:
    for number in range(1, 701):
        fake.post(number, ago_h=900 - number)
    fake.poll(0)
    assert len(fake.items()) == 100, "the archive stays where it is"
    for number, post in fake.posts.items():
        post["modified_gmt"] = stamp(fake.world.now + timedelta(seconds=number))
    looks = [fake.poll() for _ in range(5)]
    assert len(fake.items()) == 700
    assert looks[0].next_poll_in_s < 60 < looks[-1].next_poll_in_s
    assert all(one.announced_at is None for one in fake.items().values() if one.title != "خبر 700")


@pytest.mark.long
def test_an_answer_brings_what_it_answers_however_old(fake: Fake) -> None:
    fake.post(1, ago_h=9000)
    for number in range(200, 320):
        fake.post(number, ago_h=1)
    fake.comment(1, 1, ago_h=8000)
    fake.comment(2, 1, parent=1, ago_h=7999)
    fake.poll(0)
    for number in range(10, 130):
        fake.comment(number, 200)
    fake.comment(400, 1, parent=2)
    fake.poll(60)
    talk = fake.talk()
    assert (talk[400].parent_id, talk[2].parent_id) == (talk[2].id, talk[1].id)


def test_circles_and_lost_parents_keep_the_comment(fake: Fake) -> None:
    fake.post(1)
    fake.comment(1, 1, parent=2)
    fake.comment(2, 1, parent=1)
    fake.comment(3, 1, parent=3)
    fake.comment(4, 1, parent=99)
    fake.comment(5, 77)
    fake.poll(0)
    assert sorted(fake.talk()) == [1, 2, 3, 4]
    assert fake.talk()[4].parent_id is None


def test_an_article_that_was_deleted_by_the_api_stays_so(fake: Fake) -> None:
    fake.post(1)
    fake.poll(0)
    flow.retract_item(fake.world.parts, fake.world.site.id, "https://r.example/?p=1", fake.world.now)
    fake.poll()
    assert fake.items()["https://r.example/?p=1"].state is ItemState.RETRACTED


def test_a_site_that_renames_its_guids_is_not_news_again(fake: Fake) -> None:
    fake.post(1)
    fake.poll(0)
    fake.post(1, guid={"rendered": "https://moved.example/?p=1"}, modified_gmt=stamp(fake.world.now))
    fake.poll()
    assert list(fake.items()) == ["https://r.example/?p=1"]
