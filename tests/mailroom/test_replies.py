"""A reply by mail: whose it is, what it answers, and why it may be no comment."""

from dataclasses import replace
from email.utils import parseaddr

import pytest
from sqlalchemy import select, update

from notifier import flow, readers
from notifier.consent import suppression
from notifier.domain.address import check_address
from notifier.domain.incoming import read_mail
from notifier.domain.items import NewItem
from notifier.domain.tokens import Signer
from notifier.domain.words import Frequency, ItemKind, ItemState, Lane, LetterKind, ReplyRefusal, ReplyState, State
from notifier.feedback.door import place_of
from notifier.models import Bookmark, Delivery, Item, Letter, Site, Subscriber
from notifier.sites import NewSite, add_site
from tests.flow.test_threads import pass_time, told
from tests.mailroom.conftest import DOMAIN, HE, ME, SHE, Talk, mail
from tests.world import SECRET, World


def test_the_letter_says_where_to_answer_and_the_address_fits_any_server(talk: Talk) -> None:
    local, _, domain = talk.address.rpartition("@")
    assert (domain, len(local) <= 64, local) == (DOMAIN, True, local.lower())
    assert check_address(talk.address).wire == talk.address


def test_a_reply_waits_for_its_site_and_answers_the_newest_comment_that_was_to_its_writer(talk: Talk) -> None:
    assert talk.arrive(mail("شكراً.\n\nOn 11/23/26 12:00, x wrote:\n> سالم")).refusal is None
    row = talk.row()
    assert (row.state, row.words, row.parent_id) == (ReplyState.WAITING, "شكراً.", talk.comments["second"])
    assert talk.world.rung, "its site is told at once"


def test_a_follower_of_the_thread_answers_its_newest_comment(talk: Talk) -> None:
    flow.retract_item(talk.world.parts, talk.world.site.id, "first", talk.now)
    flow.retract_item(talk.world.parts, talk.world.site.id, "second", talk.now)
    talk.arrive(mail())
    assert talk.row().parent_id == talk.comments["other"]


def test_where_all_comments_are_gone_the_article_is_answered_and_without_it_nothing(talk: Talk) -> None:
    with talk.world.parts.db.writing() as session:
        session.execute(update(Item).where(Item.kind == ItemKind.COMMENT).values(state=ItemState.RETRACTED))
    talk.arrive(mail())
    assert (talk.row().parent_id, talk.row().state) == (None, ReplyState.WAITING)
    with talk.world.parts.db.writing() as session:
        session.execute(update(Item).values(state=ItemState.RETRACTED))
    assert talk.arrive(mail(name="2@x")).refusal is ReplyRefusal.GONE


def test_a_comment_that_the_letter_told_only_the_number_of_is_not_answered(world: World) -> None:
    world.with_settings(letter_comments_max=2)
    world.article("1")
    world.reader(ME, "thread:1", frequency=Frequency.INSTANT)
    found = [world.comment(name, "1", author_address=SHE) for name in ("c1", "c2", "c3")]
    world.work()
    pass_time(world, 6)
    assert told(world, ME) == [["c1", "c2"]]
    assert answered(world) == found[1]


def test_a_comment_that_the_letter_left_out_is_not_answered(world: World) -> None:
    world.article("1")
    world.reader(ME, "thread:1", frequency=Frequency.INSTANT)
    found = world.comment("x", "1", author_address=SHE)
    late = NewItem(ItemKind.COMMENT, "y", html="<p>تعليق y</p>", article_guid="1", author_address=HE)
    world.ingest(late)
    world.work()
    world.later(minutes=8)
    flow.bundle_notices(world.parts, world.now)
    world.ingest(replace(late, state=ItemState.HELD))
    world.work()
    assert told(world, ME) == [["x"]]
    world.ingest(late)
    assert answered(world) == found


def answered(world: World) -> int | None:
    """Which comment the reader answers who answers the only letter."""
    (letter,) = world.letters()
    talk = Talk(world, parseaddr(letter["Reply-To"])[1], {})
    assert talk.arrive(mail()).refusal is None
    return talk.row().parent_id


def test_the_same_mail_counts_once_by_whichever_way_it_comes(talk: Talk) -> None:
    for mail_from in (ME, None, "other@relay.example"):
        assert talk.arrive(mail(), mail_from).refusal is None
    assert talk.arrive(mail("anderes", name="1@phone.example")).refusal is None
    assert talk.row().words == "شكراً، فهمت."


def test_a_letter_that_was_passed_on_cannot_be_answered(talk: Talk) -> None:
    assert talk.arrive(mail(sender=SHE)).refusal is ReplyRefusal.STRANGER
    assert talk.arrive(mail(sender=f"{ME}>, <x@y.example", name="2")).refusal is ReplyRefusal.STRANGER
    assert [row.words for row in talk.rows()] == ["", ""]


@pytest.mark.parametrize("sender", ["LAYLA@Example.org", "layla+phone@example.org"])
def test_another_spelling_of_the_same_mailbox_is_the_same_person(talk: Talk, sender: str) -> None:
    assert talk.arrive(mail(sender=sender)).refusal is None


def test_a_sender_in_plain_utf8_is_read_as_it_is() -> None:
    mailed = mail(sender="ليلى@example.org", name="7")
    assert "ليلى@example.org".encode() in mailed
    assert read_mail(mailed).sender == "ليلى@example.org"


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "Precedence: auto_reply", "Precedence: bulk", "X-Autoreply: yes",
     "List-Id: <x.example>", "Return-Path: <>"],
)  # fmt: skip
def test_what_a_machine_wrote_is_no_comment(talk: Talk, header: str) -> None:
    assert talk.arrive(mail("Hello", header)).refusal is ReplyRefusal.AUTOMATIC
    assert talk.row().words == ""


def test_a_bounce_is_no_comment(talk: Talk) -> None:
    assert talk.arrive(mail(), mail_from="").refusal is ReplyRefusal.AUTOMATIC
    report = mail(name="2").replace(b"Content-Type: text/plain", b"Content-Type: multipart/report; boundary=x")
    assert talk.arrive(report).refusal is ReplyRefusal.AUTOMATIC


def test_an_answer_without_words_is_no_comment(talk: Talk) -> None:
    assert talk.arrive(mail("\n> quoted\n\nSent from my iPhone")).refusal is ReplyRefusal.EMPTY


@pytest.mark.parametrize("place", [ME, "@example.org"])
def test_who_left_or_is_suppressed_is_not_heard(talk: Talk, place: str) -> None:
    with talk.world.parts.db.writing() as session:
        session.execute(update(Subscriber).values(confirmed_at=None))
    assert talk.arrive(mail()).refusal is ReplyRefusal.UNSUBSCRIBED
    with talk.world.parts.db.writing() as session:
        suppression.suppress(session, session.get_one(Site, talk.world.site.id), place, "asked", "test", talk.now)
    assert talk.arrive(mail(name="2")).refusal is ReplyRefusal.SUPPRESSED


def test_of_who_was_erased_nothing_is_kept(talk: Talk) -> None:
    talk.arrive(mail())
    assert readers.erase(talk.world.parts, talk.world.site.id, ME, talk.now)
    assert talk.arrive(mail(name="2")).refusal is ReplyRefusal.SUPPRESSED
    assert talk.rows() == []
    talk.world.work()


def test_an_hour_has_room_for_so_many(talk: Talk) -> None:
    talk.world.with_settings(replies_per_h=2)
    found = [talk.arrive(mail(name=str(n))).refusal for n in range(4)]
    assert found == [None, None, ReplyRefusal.TOO_MANY, ReplyRefusal.TOO_MANY]
    talk.world.later(minutes=61)
    assert talk.arrive(mail(name="9")).refusal is None


def test_a_long_reply_is_cut_and_controls_go(talk: Talk) -> None:
    talk.world.with_settings(reply_characters_max=200)
    talk.arrive(mail("نعم\x00\x07\u202e " + "كلمة " * 5000))
    words = talk.row().words
    assert words.startswith("نعم كلمة")
    assert len(words) <= 200
    assert not any(ord(one) < 32 for one in words)


def test_a_reply_is_a_sign_of_life(talk: Talk) -> None:
    with talk.world.parts.db.writing() as session:
        session.execute(update(Bookmark).values(unanswered=5))
    talk.arrive(mail())
    with talk.world.parts.db.reading() as session:
        assert session.scalars(select(Bookmark.unanswered)).all() == [0]


def test_a_site_that_takes_no_comments_offers_no_reply(world: World) -> None:
    with world.parts.db.writing() as session:
        session.execute(update(Site).values(replies_url=""))
    world.article("1")
    world.comment("mine", "1", author_address=ME)
    world.reader(ME, "mine:1", frequency=Frequency.INSTANT)
    world.comment("r", "1", "mine", author_address=SHE)
    world.work()
    world.later(minutes=3)
    world.tick()
    (letter,) = world.letters()
    assert letter["Reply-To"] is None


def test_every_bit_of_the_token_counts(talk: Talk) -> None:
    local = talk.address.partition("@")[0]
    for at in range(len("reply+"), len(local)):
        for bit in range(5):
            forged = local[:at] + chr(ord(local[at]) ^ (1 << bit)) + local[at + 1 :]
            is_same = forged.lower() == local
            assert is_same or place_of(f"{forged}@{DOMAIN}", DOMAIN, talk.world.parts.signer) is None, forged
    assert place_of(f"{local.upper()}@{DOMAIN.upper()}", DOMAIN, talk.world.parts.signer)


@pytest.mark.matrix(5)
@pytest.mark.parametrize(
    "address",
    ["", "@", "reply@{d}", "reply+@{d}", "reply+1@{d}", "reply+1.@{d}", "reply+0.{m}@{d}", "reply+-1.{m}@{d}",
     "reply+99999999999999999999.{m}@{d}", "bounce+{t}@{d}", "x+{t}@{d}", "{t}@{d}", "reply+{t}@elsewhere.example",
     "reply+{t}\r\nRCPT TO:<x>@{d}", "reply+{t}\0@{d}"],
)  # fmt: skip
def test_an_address_that_is_none_of_ours_opens_nothing(talk: Talk, address: str) -> None:
    token = talk.address.partition("@")[0].partition("+")[2]
    wanted = address.format(d=DOMAIN, t=token, m=token.partition(".")[2])
    assert place_of(wanted, DOMAIN, talk.world.parts.signer) is None


def test_a_token_of_another_purpose_or_key_is_none_and_an_old_key_goes_on(talk: Talk) -> None:
    signer = talk.world.parts.signer
    for other in (signer.sign_local("bounce", 1), Signer(["k" * 40]).sign_local("reply", 1)):
        assert place_of(f"reply+{other}@{DOMAIN}", DOMAIN, signer) is None
    assert place_of(talk.address, DOMAIN, Signer(["k" * 40, SECRET])) is not None


def test_a_token_for_no_letter_is_an_unknown_address(talk: Talk) -> None:
    other = talk.world.parts.signer.sign_local("reply", 10**9)
    assert talk.arrive(mail(), to=f"reply+{other}@{DOMAIN}").is_ours is False
    assert talk.rows() == []


def test_another_sites_token_speaks_for_that_sites_reader_only(talk: Talk) -> None:
    with talk.world.parts.db.writing() as session:
        elsewhere = add_site(session, NewSite("dijla", "دجلة", "news@dijla.example"), talk.now)
        stranger = Subscriber(
            site_id=elsewhere.id, address=HE, address_key=HE, address_hash="0" * 64, language="ar", time_zone="UTC",
            digest_hour=8, digest_weekday=5, confirmed_at=talk.now, created_at=talk.now, changed_at=talk.now,
        )  # fmt: skip
        session.add(stranger)
        session.flush()
        theirs = Delivery(
            site_id=elsewhere.id, letter_id=session.scalars(select(Letter.id).where(Letter.kind == "reply")).one(),
            subscriber_id=stranger.id, kind=LetterKind.REPLY, about_id=1, lane=Lane.REPLIES, state=State.SENT,
            next_attempt_at=talk.now, expires_at=talk.now, created_at=talk.now,
        )  # fmt: skip
        session.add(theirs)
        session.flush()
        token = talk.world.parts.signer.sign_local("reply", theirs.id)
    assert talk.arrive(mail(), to=f"reply+{token}@{DOMAIN}").refusal is ReplyRefusal.STRANGER
    assert talk.arrive(mail(name="2", sender=HE), to=f"reply+{token}@{DOMAIN}").refusal is ReplyRefusal.NO_WAY
