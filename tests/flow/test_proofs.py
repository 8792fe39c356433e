"""An editor who asked gets each digest in their mail before its readers do: once, marked, and in nobody's books."""

from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message as Email
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from notifier import announcing, digests, proofing, upkeep
from notifier.desk.audit import Actor
from notifier.digests import Place
from notifier.domain.desk_words import Role
from notifier.domain.letter import LetterContent
from notifier.domain.outcome import Outcome, Refused
from notifier.domain.words import Frequency
from notifier.issues import letters
from notifier.models import Announcement, AuditEvent, Call, Delivery, Endpoint, Proof, User
from notifier.proofing import Asked
from notifier.queue import Task
from notifier.stages.render import RenderFailed
from tests.flow.issues import crowd
from tests.world import World, html_of, text_of

DAWN = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""Eight o'clock in Baghdad, the day after the world's noon."""
SOON = DAWN - timedelta(minutes=20)
BY = Actor("cli")
EDITOR = "sara@naba.example"
CALENDAR = "https://news.example/desk/at/rafidain/calendar/daily/20261124T0500Z"


def somebody(world: World, address: str = EDITOR, role: Role = Role.EDITOR, **given: object) -> int:
    """Somebody at the desk who asked for proofs."""
    with world.parts.db.writing() as session:
        user = User(address=address, role=role, created_at=world.now, **{"wants_proofs": True, **given})
        session.add(user)
        session.flush()
        return user.id


def proofs(world: World) -> list[Proof]:
    with world.parts.db.reading() as session:
        return list(session.scalars(select(Proof).order_by(Proof.id)))


def announced(world: World, at: datetime = SOON) -> dict[str, Email]:
    """Address -> the mail of one look ahead; each of one address at most."""
    world.now = at
    announcing.announce(world.parts, at)
    world.work()
    found = [message.rcpt_to for message in world.wire.sent]
    assert len(found) == len(set(found))
    return dict(zip(found, world.letters(), strict=True))


def subject_of(letter: Email) -> str:
    return str(make_header(decode_header(letter["Subject"])))


@pytest.fixture
def paper(world: World) -> World:
    """A site with a reader, and with two stories for tomorrow."""
    world.reader("a@example.org", "category:سياسة", "category:رياضة")
    world.article("1", "سياسة", title="اتفاق على الموازنة")
    world.article("2", "رياضة", title="فوز في الملعب")
    return world


def test_who_asked_gets_the_digest_marked_and_with_the_way_to_change_it(paper: World) -> None:
    somebody(paper, language="ar")
    somebody(paper, "dan@naba.example", Role.OWNER, language="en")
    letters = announced(paper)
    assert set(letters) == {EDITOR, "dan@naba.example"}
    mine, his = letters[EDITOR], letters["dan@naba.example"]
    for part in (text_of(mine), html_of(mine), text_of(his), html_of(his)):
        assert all(words in part for words in (CALENDAR, "اتفاق على الموازنة", "فوز في الملعب"))
    assert subject_of(mine).startswith("[معاينة] ")
    assert text_of(mine).startswith("معاينة لك وحدك")
    assert "إلى قارئ واحد" in text_of(mine)
    assert "٨:٠٠" in text_of(mine), "by the clock of the site"
    assert subject_of(his).startswith("[Proof] ")
    assert "Tuesday 24 November at 08:00, to 1 reader." in text_of(his)
    assert 'lang="en" dir="ltr"' in html_of(his), "its line runs as its language does, above an Arabic letter"


def test_it_stands_in_nobodys_books_and_its_links_are_nobodys(paper: World) -> None:
    somebody(paper)
    before = paper.balance()
    (letter,) = announced(paper).values()
    assert paper.balance() == before
    with paper.parts.db.reading() as session:
        assert session.scalars(select(Delivery).where(Delivery.kind == "digest")).all() == []
    assert "a@example.org" not in letter.as_string() + text_of(letter)
    (proof,) = proofs(paper)
    assert (proof.is_sent, proof.readers, proof.language) == (True, 1, "ar")


def test_nobody_gets_one_who_did_not_ask_or_may_not_change_digests_or_was_put_out(paper: World) -> None:
    somebody(paper, "silent@naba.example", wants_proofs=False)
    somebody(paper, "huda@naba.example", Role.ANALYST)
    somebody(paper, "gone@naba.example", disabled_at=paper.now)
    assert announced(paper) == {}
    with paper.parts.db.reading() as session:
        assert session.scalars(select(Announcement)).all() == [], "nor is anything planned for their sake"


def test_one_who_is_put_out_between_is_sent_nothing(paper: World) -> None:
    user = somebody(paper)
    announcing.announce(paper.parts, SOON)
    with paper.parts.db.writing() as session:
        session.get_one(User, user).disabled_at = SOON
    paper.now = SOON
    paper.work()
    assert paper.wire.sent == []
    assert [one.answer for one in proofs(paper)] == ["not_wanted"]


def test_two_that_look_at_once_owe_one(paper: World, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody(paper)
    monkeypatch.setattr(announcing, "_known", lambda *_: set())
    assert [announcing.announce(paper.parts, SOON) for _ in range(2)] == [1, 0]
    paper.now = SOON
    paper.work()
    assert len(paper.wire.sent) == len(proofs(paper)) == 1


def test_a_task_that_comes_twice_sends_it_once(paper: World) -> None:
    somebody(paper)
    announced(paper)
    proofing.send(paper.parts, proofs(paper)[0].id, SOON)
    assert len(paper.wire.sent) == 1


def test_one_whose_nudge_was_lost_is_sent_by_the_sweep(paper: World) -> None:
    somebody(paper)
    announcing.announce(paper.parts, SOON)
    assert paper.rung[-1].task is Task.SEND_PROOF
    paper.rung.clear()
    paper.now = SOON + timedelta(minutes=5)
    upkeep.sweep(paper.parts, paper.now)
    paper.work()
    assert [one.is_sent for one in proofs(paper)] == [True]


def test_one_that_waited_until_the_digest_left_is_not_sent(paper: World) -> None:
    somebody(paper)
    announcing.announce(paper.parts, SOON)
    paper.now = DAWN
    while paper.rung:
        nudge = paper.rung.pop(0)
        if nudge.task is Task.SEND_PROOF:
            upkeep.act(paper.parts, nudge, paper.clock)
    assert paper.wire.sent == []
    assert [one.answer for one in proofs(paper)] == ["too_late"]


def test_a_digest_that_is_held_comes_once_it_is_let_go(paper: World) -> None:
    somebody(paper)
    place = Place(paper.site.id, Frequency.DAILY, DAWN)
    digests.hold(paper.parts, place, BY, SOON)
    assert announced(paper) == {}
    digests.release(paper.parts, place, BY, SOON)
    assert set(announced(paper)) == {EDITOR}


def test_it_comes_as_it_was_arranged(paper: World) -> None:
    somebody(paper)
    looked = digests.look(paper.parts, Place(paper.site.id, Frequency.DAILY, DAWN))
    order = digests.Order(dropped=(looked.entries[0].id,))
    digests.arrange(paper.parts, Place(paper.site.id, Frequency.DAILY, DAWN), order, BY, SOON)
    (letter,) = announced(paper).values()
    assert looked.entries[0].title not in text_of(letter)
    assert looked.entries[1].title in text_of(letter)


def test_it_comes_in_the_language_of_most_of_its_readers(paper: World) -> None:
    somebody(paper)
    paper.reader("b@example.org", "category:سياسة", language="fa")
    paper.reader("c@example.org", "category:سياسة", language="fa-u-nu-latn")
    crowd(paper, 9, language="he")  # They subscribed to nothing.
    (letter,) = announced(paper).values()
    assert letter["Content-Language"] == "fa"
    assert proofs(paper)[0].readers == 3


def test_one_that_cannot_be_made_harms_neither_the_others_nor_the_webhook(
    paper: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody(paper)
    somebody(paper, "dan@naba.example", language="en")
    with paper.parts.db.writing() as session:
        session.add(
            Endpoint(site_id=paper.site.id, url="https://x.example/", events=["digest.announced"], created_at=paper.now)
        )
    real = paper.parts.press.stencil

    def breaks(content: LetterContent) -> object:
        if content.proof and content.proof.language == "ar":
            raise RenderFailed("digest/body.html", "a fault")
        return real(content)

    monkeypatch.setattr(paper.parts.press, "stencil", breaks)
    paper.now = SOON
    announcing.announce(paper.parts, SOON)
    paper.rung[:] = [nudge for nudge in paper.rung if nudge.task is Task.SEND_PROOF]
    with capture_logs() as logs:
        paper.work()
    assert [message.rcpt_to for message in paper.wire.sent] == ["dan@naba.example"]
    with paper.parts.db.reading() as session:
        assert [call.event for call in session.scalars(select(Call))] == ["digest.announced"]
    said = [one for one in logs if one["event"] == "proof_not_sent"]
    assert [one["reason"] for one in said] == ["RenderFailed"]


def test_what_the_server_refused_is_noted_and_logged_without_the_address(paper: World) -> None:
    somebody(paper)
    paper.wire.outcomes[EDITOR] = Refused(f"550 5.1.1 <{EDITOR}> unknown", forever=True)
    with capture_logs() as logs:
        announced(paper)
    assert [(one.is_sent, "550" in one.answer) for one in proofs(paper)] == [(False, True)]
    assert "proof_not_sent" in str(logs)
    assert EDITOR not in str(logs)


def ask(world: World, user: int, at: datetime = SOON) -> Asked:
    return proofing.ask(world.parts, daily(world), user, Actor.user(user), at)


def daily(world: World) -> Place:
    return Place(world.site.id, Frequency.DAILY, DAWN)


def taken_in(world: World, at: datetime) -> list[str]:
    """To whom the letters went that were due then."""
    before, world.now = len(world.wire.sent), at
    world.work()
    return [message.rcpt_to for message in world.wire.sent[before:]]


def test_one_who_asks_for_a_proof_now_gets_it_without_wanting_them_all(paper: World) -> None:
    paper.reader("b@example.org", "category:سياسة", language="fa")
    paper.reader("c@example.org", "category:سياسة", language="fa")
    somebody(paper, "dan@naba.example", wants_proofs=False)
    user = somebody(paper, wants_proofs=False, language="en")
    assert ask(paper, user) is Asked.OWED
    assert taken_in(paper, SOON) == [EDITOR]
    (letter,) = paper.letters()
    assert letter["Content-Language"] == "fa", "in the language of most of its readers, as ever"
    assert "to 3 readers." in text_of(letter)
    assert "اتفاق على الموازنة" in text_of(letter)
    with paper.parts.db.reading() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "digest.proof_asked"))
        assert (line.actor, line.detail) == (
            f"user:{user}", {"frequency": "daily", "slot": DAWN.isoformat()}
        )  # fmt: skip


def test_one_press_too_many_sends_none_and_a_press_after_it_came_another(paper: World) -> None:
    user = somebody(paper)
    assert [ask(paper, user) for _ in range(3)] == [Asked.OWED] * 3
    assert taken_in(paper, SOON) == [EDITOR]
    assert ask(paper, user, SOON + timedelta(minutes=1)) is Asked.OWED
    assert taken_in(paper, SOON + timedelta(minutes=1)) == [EDITOR]
    (proof,) = proofs(paper)
    assert (proof.is_sent, proof.taken_at) == (True, SOON + timedelta(minutes=1))


def test_who_asked_by_hand_gets_the_announced_one_as_well(paper: World) -> None:
    user = somebody(paper)
    ask(paper, user, SOON - timedelta(hours=2))
    assert taken_in(paper, SOON - timedelta(hours=2)) == [EDITOR]
    announcing.announce(paper.parts, SOON)
    assert taken_in(paper, SOON) == [EDITOR]
    assert [one.is_asked for one in proofs(paper)] == [False]


def test_one_that_is_asked_for_while_another_is_on_the_wire_is_sent_and_keeps_its_own_result(
    paper: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = somebody(paper)
    ask(paper, user)
    real = letters.post

    def post(*given: Any) -> Outcome:
        monkeypatch.setattr(proofing, "post", real)
        ask(paper, user, SOON + timedelta(seconds=1))
        return real(*given)

    monkeypatch.setattr(proofing, "post", post)
    (first,) = proofs(paper)
    proofing.send(paper.parts, first.id, SOON)
    (waiting,) = proofs(paper)
    assert (waiting.taken_at, waiting.is_sent, waiting.answer) == (None, False, "")
    proofing.send(paper.parts, first.id, SOON + timedelta(seconds=2))
    assert len(paper.wire.sent) == 2
    assert proofs(paper)[0].is_sent


def test_there_are_so_many_an_hour(paper: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofing, "PER_HOUR", 2)
    user, other = somebody(paper), somebody(paper, "dan@naba.example")
    for minute in range(2):
        assert ask(paper, user, SOON + timedelta(minutes=minute)) is Asked.OWED
        taken_in(paper, SOON + timedelta(minutes=minute))
    assert ask(paper, user, SOON + timedelta(minutes=3)) is Asked.MANY
    assert ask(paper, other, SOON + timedelta(minutes=3)) is Asked.OWED, "each has their own"
    assert taken_in(paper, SOON + timedelta(minutes=3)) == ["dan@naba.example"]


def test_none_comes_of_a_digest_without_articles_or_whose_hour_has_come(paper: World) -> None:
    user = somebody(paper)
    assert ask(paper, user, DAWN) is Asked.TOO_LATE
    empty = Place(paper.site.id, Frequency.WEEKLY, DAWN)
    assert proofing.ask(paper.parts, empty, user, Actor.user(user), SOON) is Asked.EMPTY
    assert proofs(paper) == []


def is_as_it_was(world: World, user: int) -> bool:
    """Whether the digest is still what this user's last proof showed."""
    proof = proofing.latest(world.parts, daily(world), user)
    assert proof
    return proof.shows == digests.look(world.parts, daily(world)).shows


def test_a_proof_tells_whether_its_digest_was_changed_since(paper: World) -> None:
    user = somebody(paper)
    announced(paper)
    assert is_as_it_was(paper, user)
    digests.hold(paper.parts, daily(paper), BY, SOON)
    digests.release(paper.parts, daily(paper), BY, SOON)
    assert is_as_it_was(paper, user), "it was held and let go, and is what it was"
    first, second = (one.id for one in digests.look(paper.parts, daily(paper)).entries)
    for order in (digests.Order(pinned=(second,)), digests.Order(dropped=(first,)), digests.Order(postponed=(first,))):
        digests.arrange(paper.parts, daily(paper), order, BY, SOON)
        assert not is_as_it_was(paper, user), order
    digests.arrange(paper.parts, daily(paper), digests.Order(), BY, SOON)
    assert is_as_it_was(paper, user), "all was put back"


def test_it_was_changed_too_when_an_article_came_or_was_put_right(paper: World) -> None:
    user = somebody(paper)
    announced(paper)
    paper.article("2", "رياضة", title="خسارة في الملعب")
    assert not is_as_it_was(paper, user)
    ask(paper, user)
    taken_in(paper, SOON)
    assert is_as_it_was(paper, user)
    paper.article("3", "سياسة", title="خبر أخير")
    assert not is_as_it_was(paper, user)


def test_the_last_proof_is_ones_own_or_else_the_last_that_anybody_was_sent(paper: World) -> None:
    mine, other = somebody(paper, wants_proofs=False), somebody(paper, "dan@naba.example", wants_proofs=False)
    assert proofing.latest(paper.parts, daily(paper), mine) is None
    ask(paper, other)
    assert proofing.latest(paper.parts, daily(paper), mine) is None, "what waits is nobody else's matter"
    taken_in(paper, SOON)
    found = proofing.latest(paper.parts, daily(paper), mine)
    assert found
    assert found.user_id == other
    ask(paper, mine)
    found = proofing.latest(paper.parts, daily(paper), mine)
    assert found
    assert (found.user_id, found.taken_at) == (mine, None)


def test_proofs_are_forgotten_with_their_announcement(paper: World) -> None:
    somebody(paper)
    announced(paper)
    upkeep.sweep(paper.parts, DAWN + timedelta(days=31))
    assert proofs(paper) == []


def test_a_digest_that_is_looked_at_beforehand_has_the_date_that_its_readers_will_see(paper: World) -> None:
    place = Place(paper.site.id, Frequency.DAILY, DAWN)
    items = digests.look(paper.parts, place).shown()
    assert paper.now < DAWN
    assert digests.letter(paper.parts, place, "ar", items, paper.now).at == DAWN
    late = DAWN + timedelta(hours=2)
    assert digests.letter(paper.parts, place, "ar", items, late).at == late, "held, and not released yet"
