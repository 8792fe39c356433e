"""What comes back takes effect once: on the books, on the address, never on the wrong one."""

import itertools
import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from notifier import flow, readers, returns, upkeep
from notifier.consent import moving, suppression, vetoes
from notifier.domain.outcome import Refused
from notifier.domain.returns.classify import Verdict
from notifier.domain.returns.event import Returned, Told
from notifier.domain.returns.standing import Against, Standing
from notifier.domain.returns.words import BounceClass, EventKind
from notifier.domain.words import Frequency, LetterKind, Reason, State
from notifier.feedback import alarms
from notifier.models import Delivery, DeliveryEvent, Site, Subscriber, Suppression
from notifier.models import Standing as Row
from notifier.queue import later, to_sign_up, transaction
from tests.returns.conftest import Post
from tests.world import NOON

LIMIT = 5.0


def test_a_bad_address_is_suppressed_at_once_and_the_books_say_what_did_not_arrive(post: Post) -> None:
    post.readers("layla", "huda")
    sent = post.send()
    assert post.told(sent["layla"], "550 5.1.1 User unknown") == 1
    assert post.suppressed() == {"layla"}
    row = post.delivery(sent["layla"])
    assert (row.state, row.reason, row.detail) == (State.FAILED, Reason.BOUNCED, "550 5.1.1 User unknown")
    balance = post.world.balance()
    assert (balance.sent, balance.failed) == (3, 1), "two confirmations and Huda's"
    assert post.told(sent["layla"], "550 5.1.1 User unknown") == 0, "and once"
    assert post.world.balance() == balance
    assert set(post.send("2")) == {"huda"}


def test_a_mailbox_that_is_switched_off_is_suppressed_after_two_letters_in_a_week(post: Post) -> None:
    post.readers("layla")
    first = post.send()["layla"]
    assert post.told(first, "550 5.2.1 disabled")
    assert post.take(Told("550 5.2.1 disabled").returned(first, post.now, "ses")) == 0, "the same letter, told by two"
    assert post.suppressed() == set()
    post.world.later(days=8)
    second = post.send("2")["layla"]
    post.told(second, "550 5.2.1 disabled")
    assert post.suppressed() == set(), "a week is over"
    post.world.later(days=2)
    post.told(post.send("3")["layla"], "550 5.2.1 disabled")
    assert post.suppressed() == {"layla"}


def test_a_full_mailbox_is_suppressed_after_days_and_forgiven_by_letters_that_stay(post: Post) -> None:
    post.readers("layla")
    for day in range(4):
        post.told(post.send(f"a{day}")["layla"], "552 5.2.2 mailbox full")
        post.told(post.send(f"b{day}")["layla"], "552 5.2.2 mailbox full")
        post.world.later(days=1)
    assert post.standing("layla").score == 4, "one a day, however many letters"
    assert post.suppressed() == set()
    for guid in ("c", "d"):
        post.send(guid)
    post.world.later(days=1)
    post.told(post.send("e")["layla"], "552 5.2.2 mailbox full")
    assert post.standing("layla").score == 2, "two letters stayed: a quarter of four, and one"
    for day in range(3):
        assert post.suppressed() == set()
        post.world.later(days=1)
        post.told(post.send(f"f{day}")["layla"], "552 5.2.2 mailbox full")
    assert post.suppressed() == {"layla"}


@pytest.mark.parametrize("days", [0, 5])
def test_letters_that_may_yet_come_back_forgive_nothing(post: Post, days: int) -> None:
    """However late a relay gives up, and whatever left meanwhile."""
    post.readers("layla")
    sent = []
    for day in range(days + 5):
        assert post.suppressed() == set(), day
        sent.append([post.send(f"{word}{day}")["layla"] for word in ("a", "b")])
        post.world.later(minutes=1)
        if day >= days:
            for one in reversed(sent[day - days]):
                post.told(one, "552 5.2.2 mailbox full")
        post.world.later(days=1)
    assert post.suppressed() == {"layla"}, "after five days of which no letter stayed"


@pytest.mark.parametrize("detail", [1, 26])
def test_no_5_7_x_touches_a_reader(post: Post, detail: int) -> None:
    post.readers("layla")
    for day in range(6):
        post.told(post.send(f"{day}")["layla"], f"550 5.7.{detail} user unknown, mailbox full, account disabled")
        with post.world.parts.db.writing() as session:
            for alarm in alarms.open_alarms(session):
                alarms.end(session, alarm.id, "test", post.now)
        post.world.later(days=1)
    assert post.suppressed() == set()
    assert post.standing("layla") == Standing()


@given(st.integers(0, 999), st.integers(4, 5), st.sampled_from(list(BounceClass)))
def test_no_x_7_x_is_ever_held_against_an_address(detail: int, family: int, why: BounceClass) -> None:
    verdict = Verdict(why, f"{family}.7.{detail}", is_final=family == 5)
    refusals = [Against(n, NOON + timedelta(days=n), verdict) for n in range(20)]
    assert Standing().with_all(refusals, 1) == (Standing(), "")


soft = st.builds(
    Against,
    st.integers(1, 6),
    st.integers(0, 9 * 24).map(lambda hours: NOON + timedelta(hours=hours)),
    st.sampled_from(
        [(BounceClass.FULL, "5.2.2"), (BounceClass.TEMPORARY, "4.4.1"), (BounceClass.INACTIVE, "5.2.1")]
    ).map(lambda pair: Verdict(*pair, is_final=pair[1][0] == "5")),
)


@given(st.lists(soft, max_size=6))
def test_any_order_and_any_repetition_come_to_the_same(refusals: list[Against]) -> None:
    """Whole or one by one, once or twice."""
    whole, why = Standing().with_all(refusals, LIMIT)
    for order in itertools.islice(itertools.permutations(refusals), 12):
        held, reasons = Standing(), set[str]()
        for one in (*order, *order):
            held, reason = held.with_all([one], LIMIT)
            reasons.add(reason)
        assert (held.score, held.days, held.inactive) == (whole.score, whole.days, whole.inactive)
        assert bool(why) == bool(reasons - {""})


def test_a_refusal_at_the_door_is_judged_alike(post: Post) -> None:
    post.readers("layla", "huda", "salem")
    outcomes = post.world.wire.outcomes
    outcomes["layla@example.org"] = Refused("550 5.1.1 no such user", forever=True)
    outcomes["huda@example.org"] = Refused("452 4.2.2 mailbox full")
    outcomes["salem@example.org"] = Refused("550 5.7.26 unauthenticated")
    post.send()
    assert post.suppressed() == {"layla"}
    assert post.standing("huda").score == 1
    assert post.standing("salem") == Standing()
    assert [one.about for one in post.alarms()] == ["account:smtp"]


def test_policy_halts_the_account_and_its_letters_wait(post: Post) -> None:
    post.world.with_settings(policy_refusals_halt=3)
    post.readers(*(f"r{n}" for n in range(3)))
    sent = post.send()
    for name in sent:
        assert post.alarms() == [] or post.alarms()[0].halted_until is None
        post.told(sent[name], "550 5.7.26 DMARC")
    (alarm,) = post.alarms()
    assert alarm.halted_until == post.now + timedelta(hours=4)
    assert post.send("2") == {}, "letters wait"
    assert post.world.balance().queued == 3
    with post.world.parts.db.writing() as session:
        assert alarms.end(session, alarm.id, "DMARC put right", post.now)
    post.world.later(minutes=2)
    post.world.tick()
    assert post.world.balance().queued == 0


def test_a_sender_that_is_refused_before_any_letter_is_named_halts_the_account_too(post: Post) -> None:
    post.world.with_settings(policy_refusals_halt=3)
    post.readers(*(f"r{n}" for n in range(3)))
    for n in range(3):
        refused = Refused("550 5.7.1 sender not allowed", charged=False)
        post.world.wire.outcomes[f"r{n}@example.org"] = refused
    post.send()
    (alarm,) = post.alarms()
    assert (alarm.about, alarm.halted_until) == ("account:smtp", post.now + timedelta(hours=4))
    assert post.world.balance().queued == 3, "no letter is at fault"


def test_a_few_refusals_among_many_letters_halt_nothing(post: Post) -> None:
    post.world.with_settings(policy_refusals_halt=2, policy_refusals_share=0.5)
    post.readers(*(f"r{n}" for n in range(6)))
    sent = post.send()
    for name in ("r0", "r1"):
        post.told(sent[name], "550 5.7.1 we do not like you")
    (alarm,) = post.alarms()
    assert (alarm.count, alarm.halted_until) == (2, None)


def test_where_no_share_is_small_enough_the_number_alone_halts(post: Post) -> None:
    post.world.with_settings(policy_refusals_halt=2, policy_refusals_share=0.0)
    post.readers(*(f"r{n}" for n in range(6)))
    sent = post.send()
    for name in ("r0", "r1"):
        post.told(sent[name], "550 5.7.1 we do not like you")
    assert post.alarms()[0].halted_until is not None


def test_letters_that_are_planned_and_wait_do_not_hide_those_that_left(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "LATELY", 4)
    post.world.with_settings(policy_refusals_halt=2, policy_refusals_share=0.5)
    post.readers(*(f"r{n}" for n in range(6)))
    sent = post.send()
    post.world.article("2")
    upkeep.act(post.world.parts, post.world.rung.pop(0), post.world.clock)  # Planned: six letters of larger ids wait.
    assert post.world.balance().queued == 6
    for name in ("r0", "r1"):
        post.told(sent[name], "550 5.7.1 we do not like you")
    (alarm,) = post.alarms()
    assert (alarm.count, alarm.halted_until) == (2, None)


def test_complaints_count_against_the_letters_that_they_are_about(post: Post) -> None:
    post.world.with_settings(complaint_rate_alert=0.5, complaint_rate_halt=0.9, complaints_halt_least=2)
    post.readers("a", "b", "c", "d")
    sent = post.send()
    post.world.later(days=7, minutes=1)
    for name in ("a", "b"):
        post.take(Returned(sent[name], EventKind.COMPLAINED, post.now, "mail"))
    assert post.suppressed() == {"a", "b"}
    assert post.alarms() == [], "a week's letters have no part in what is said of those before"
    assert set(post.send("2")) == {"c", "d"}


def test_complaints_suppress_alarm_and_halt_their_stream_alone(post: Post) -> None:
    post.world.with_settings(complaint_rate_alert=0.2, complaint_rate_halt=0.5, complaints_halt_least=2)
    post.readers("a", "b", "c", "d")
    sent = post.send()
    post.take(Returned(sent["a"], EventKind.COMPLAINED, post.now, "mail"))
    (alarm,) = post.alarms()
    assert (alarm.about, alarm.detail, alarm.halted_until) == (
        f"stream:{post.world.site.id}:alert",
        "1 of 4 letters",
        None,
    )
    post.take(Returned(sent["b"], EventKind.COMPLAINED, post.now, "mail"))
    assert post.suppressed() == {"a", "b"}
    assert post.alarms()[0].halted_until is not None
    assert post.delivery(sent["a"]).state is State.SENT, "it arrived"
    assert post.send("2") == {}
    post.world.reader("e@example.org", frequency=Frequency.DAILY)
    assert post.world.balance().is_balanced, "a confirmation left meanwhile"
    post.world.later(hours=25)
    post.world.tick()
    assert post.world.balance().expired == 4


def test_a_bounce_that_is_quicker_than_the_books_is_made_up_for(post: Post) -> None:
    post.readers("layla")
    post.world.wire.outcomes["layla@example.org"] = Refused("451 later")
    post.world.article("1")
    post.world.work()
    delivery = post.world.wire.sent[-1].delivery_id if post.world.wire.sent else 2
    assert post.told(delivery, "552 5.3.4 too large") == 1
    assert post.delivery(delivery).state is State.QUEUED
    post.world.wire.outcomes.clear()
    post.world.later(minutes=10)
    post.world.tick()
    assert post.delivery(delivery).state is State.SENT
    upkeep.tick(post.world.parts, post.now + timedelta(minutes=1))
    assert post.delivery(delivery).reason is Reason.BOUNCED
    assert post.world.balance().is_balanced


def moved(post: Post, reader: Subscriber, address: str) -> int:
    """Somebody gives a reader another address and confirms it; gives the wish."""
    with transaction(post.world.parts.db, post.world.parts.bell) as session:
        row = moving.request(session, session.get_one(Subscriber, reader.id), address, post.now)
        wish = row.id
        later(session, to_sign_up(row.signup_id))
    post.world.work()
    post.world.later(minutes=1)
    assert readers.confirm(post.world.parts, post.world.confirm_token(address), "", post.now)
    return wish


def test_a_letter_to_the_old_address_says_nothing_of_the_new_one(post: Post) -> None:
    (reader,) = post.readers("layla")
    sent = post.send()["layla"]
    post.world.later(hours=1)
    moved(post, reader, "new@example.org")
    assert post.told(sent, "550 5.1.1 unknown") == 1
    assert post.suppressed() == set()
    with post.world.parts.db.reading() as session:
        assert session.scalars(select(Suppression.address_hash)).all() == [reader.address_hash], "the old one"


def test_a_complaint_about_a_letter_to_a_thief_says_nothing_of_whom_they_robbed(post: Post) -> None:
    (reader,) = post.readers("layla")
    wish = moved(post, reader, "thief@example.org")
    post.world.later(hours=1)
    sent = post.send()
    assert set(sent) == {"thief"}
    post.world.later(hours=1)
    with post.world.parts.db.writing() as session:
        vetoes.veto(session, wish, "", post.now)
    post.take(Returned(sent["thief"], EventKind.COMPLAINED, post.now, "mail"))
    assert "layla" not in post.suppressed()
    assert set(post.send("2")) == {"layla"}


def test_a_letter_that_was_planned_before_a_move_and_left_after_it_speaks_of_the_new_address(post: Post) -> None:
    (reader,) = post.readers("layla")
    post.world.wire.outcomes["layla@example.org"] = Refused("451 later")
    post.send()
    with post.world.parts.db.reading() as session:
        delivery = session.scalars(select(Delivery.id).where(Delivery.kind == LetterKind.ALERT)).one()
    post.world.later(seconds=30)
    moved(post, reader, "new@example.org")
    post.world.wire.outcomes.clear()
    post.world.later(minutes=20)
    post.world.tick()
    assert post.delivery(delivery).state is State.SENT
    post.told(delivery, "550 5.1.1 unknown")
    assert post.suppressed() == {"new"}


def test_a_letter_whose_reader_moved_while_it_left_is_held_against_neither(post: Post) -> None:
    (reader,) = post.readers("layla")
    post.world.later(hours=1)
    sent = post.send()["layla"]
    post.world.later(minutes=1)
    moved(post, reader, "new@example.org")
    with post.world.parts.db.writing() as session:
        late = {"finished_at": post.now + timedelta(minutes=2)}
        session.execute(update(Delivery).where(Delivery.id == sent).values(late))
    post.told(sent, "550 5.1.1 unknown")
    with post.world.parts.db.reading() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_lifting_forgets_what_was_held_against_an_address(post: Post) -> None:
    post.readers("layla")
    post.told(post.send()["layla"], "550 5.1.1 unknown")
    with post.world.parts.db.writing() as session:
        site = session.get_one(Site, post.world.site.id)
        assert suppression.lift(session, site, "layla@example.org", post.now, "the mailbox is back")
    assert post.standing("layla") == Standing()
    assert set(post.send("2")) == {"layla"}


def test_two_at_once_lose_nothing(post: Post) -> None:
    post.readers("layla")
    letters = []
    for day in range(8):
        letters.append((post.send(f"{day}")["layla"], post.now))
        post.world.later(days=1)
    post.world.with_settings(soft_bounces_max=1000)
    start = threading.Barrier(4)
    faults: list[BaseException] = []

    def tell(mine: list[tuple[int, object]]) -> None:
        start.wait()
        try:
            for delivery, at in mine:
                event = Told("552 5.2.2 mailbox full").returned(delivery, at, "mail")  # type: ignore[arg-type]  # a moment
                returns.take(post.world.parts, [event], post.now)
        except BaseException as fault:  # noqa: BLE001 - shown below
            faults.append(fault)

    threads = [threading.Thread(target=tell, args=(letters[n % 2 :: 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert len(post.standing("layla").days) == 8
    assert len(post.events()) == 8
    balance = flow.status(post.world.parts).balance
    assert (balance.failed, balance.is_balanced) == (8, True)


def test_nothing_is_kept_of_letters_that_were_never_made(post: Post) -> None:
    assert post.told(10**9, "550 5.1.1 unknown") == 0
    with post.world.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryEvent)) == 0
        assert session.scalar(select(func.count()).select_from(Row)) == 0
