"""The letters of one discussion: one conversation in a mail client, so much in each, nobody's words a link."""

from datetime import timedelta
from email.header import decode_header, make_header

import pytest
from sqlalchemy import select

from notifier import readers
from notifier.domain.items import NewItem
from notifier.domain.tokens import address_hash
from notifier.domain.words import Frequency, ItemKind, NoticeReason
from notifier.models import LetterItem, Notice
from tests.flow.test_threads import ME, SHE, pass_time, told
from tests.world import World, html_of, text_of


@pytest.fixture
def thread(world: World) -> World:
    """An article, and a reader who follows its discussion."""
    world.article("1", title="العنوان الأول")
    world.work()
    world.reader(ME, "thread:1", "mine", frequency=Frequency.INSTANT, time_zone="Asia/Baghdad")
    return world


def subject(letter: object) -> str:
    return str(make_header(decode_header(letter["Subject"])))  # type: ignore[index]  # a Message


@pytest.mark.long
def test_all_letters_of_a_thread_are_one_conversation_whatever_the_title_becomes(thread: World) -> None:
    thread.now = thread.now.replace(hour=4) + timedelta(days=1)
    for n in range(7):
        thread.comment(f"c{n}", "1")
        if n == 2:
            thread.ingest(
                NewItem(ItemKind.ARTICLE, "1", title="العنوان المصحّح", html="<p>نص</p>", categories=("سياسة",))
            )
        pass_time(thread, 130, 65)
    letters = thread.letters()
    assert len(letters) == 5
    assert {subject(one) for one in letters} == {subject(letters[0])}
    assert "العنوان الأول" in subject(letters[0])
    assert "العنوان المصحّح" in text_of(letters[-1])
    (root,) = {one["References"] for one in letters}
    assert {one["In-Reply-To"] for one in letters} == {root}
    assert len({one["Message-ID"] for one in letters} | {root}) == 6
    assert "مرة واحدة في اليوم" in text_of(letters[-1])
    assert "قبل مرور" in text_of(letters[0])
    thread.now = thread.now.replace(hour=5, minute=0) + timedelta(days=1)
    thread.tick()
    digest = thread.letters()[-1]
    assert told(thread)[-1] == ["c5", "c6"]
    assert (digest["References"], digest["In-Reply-To"]) == (None, None), "the digest is no part of it"


def test_other_discussions_are_other_conversations(thread: World) -> None:
    thread.article("2")
    thread.reader(ME, "thread:2", frequency=Frequency.INSTANT)
    thread.comment("a", "1")
    thread.comment("b", "2")
    pass_time(thread, 6, 6)
    assert len({one["References"] for one in thread.letters()}) == 2


def test_a_letter_shows_so_many_comments_first_what_concerns_its_reader_and_tells_all(thread: World) -> None:
    thread.with_settings(letter_comments_max=5)
    mine = thread.comment("mine", "1", author_address=ME)
    for n in range(20):
        thread.comment(f"c{n}", "1", "mine" if n == 17 else "", author_address=SHE)
    pass_time(thread, 6, 6)
    assert told(thread) == [["c0", "c1", "c2", "c3", "mine", "c17"]], "and the comment it answers"
    assert "١٥ تعليق" in text_of(thread.letters()[0])
    with thread.parts.db.reading() as session:
        assert len(session.scalars(select(LetterItem.item_id).where(LetterItem.item_id > mine)).all()) == 20
        assert session.scalars(select(Notice.delivery_id)).one() is not None
    thread.comment("next", "1", author_address=SHE)
    pass_time(thread, 90, 45)
    assert told(thread)[1:] == [["next"]]


def test_a_digest_shows_no_more_of_them(world: World) -> None:
    world.with_settings(letter_comments_max=3)
    world.article("1")
    world.work()
    world.reader(ME, "thread:1", frequency=Frequency.DAILY)
    for n in range(8):
        world.comment(f"c{n}", "1")
    for hour in (5, 5):
        world.now = world.now.replace(hour=hour, minute=0) + timedelta(days=1)
        world.tick()
    assert told(world) == [["c0", "c1", "c2"]]


def test_what_a_commenter_links_or_shows_stays_at_the_site(thread: World) -> None:
    thread.comment(
        "mine",
        "1",
        author_address=SHE,
        author_name="https://evil.example/name",
        html='<p>تعليق <a href="https://evil.example/a">اضغط</a> <img src="https://evil.example/i.gif" alt="صورة"></p>'
        "<p>https://evil.example/b</p>",
    )
    thread.comment("c1", "1", "mine", author_address="c@example.org")
    pass_time(thread, 6, 6)
    (letter,) = thread.letters()
    assert "اضغط" in text_of(letter)
    assert "evil.example" not in html_of(letter) + text_of(letter)


def test_a_long_comment_keeps_its_paragraphs(thread: World) -> None:
    words = "كلمة أخرى من تعليق طويل. " * 20
    thread.comment("c1", "1", html=f"<p>الأولى.</p><p>{words}</p><p>الأخيرة.</p>")
    pass_time(thread, 6, 6)
    html = html_of(thread.letters()[0])
    assert "الأخيرة." in html
    assert html.index("الأولى.</p>") < html.index("الأخيرة.</p>")


def test_a_mention_may_name_a_person_by_hash(thread: World) -> None:
    thread.reader(ME, "mentions", frequency=Frequency.INSTANT)
    thread.comment("c1", "1", author_address=SHE, mentions=(address_hash(thread.site.pepper, ME),))
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Notice.reason)).all() == [NoticeReason.MENTION]


def test_looking_at_a_letter_is_no_sign_of_life(thread: World) -> None:
    thread.comment("c1", "1")
    pass_time(thread, 6, 6)
    link = text_of(thread.letters()[0]).split("/v/")[1].split()[0]
    with thread.parts.db.reading() as session:
        before = session.connection().exec_driver_sql("SELECT * FROM bookmarks").all()
    assert readers.view_letter(thread.parts, link)
    with thread.parts.db.reading() as session:
        assert session.connection().exec_driver_sql("SELECT * FROM bookmarks").all() == before
