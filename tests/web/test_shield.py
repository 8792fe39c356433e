"""What stands before other people's mailboxes: stamps, puzzles, budgets; and nobody is told what is known of whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
import redis
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from notifier import admission
from notifier.consent import signup
from notifier.consent.signup import SignUpForm
from notifier.domain import puzzle
from notifier.domain.tokens import Signer
from notifier.models import Signup
from notifier.queue import Nudge, Task
from notifier.rounds import Rounds
from notifier.shared import Shared
from notifier.web.counting import Counts, Tick
from notifier.web.crowd import Wish
from notifier.web.shield import HOUR_S, Attempt, Shield, Trial, Verdict
from tests.web.conftest import NOW as MIDNIGHT
from tests.web.conftest import POLITICS, SECRET, Visit, settings

AWAY = "redis://127.0.0.1:9/0"
TEN_S = timedelta(seconds=10)
NOW = MIDNIGHT + timedelta(seconds=30)


def shield(url: str, **knobs: Any) -> Shield:
    return Shield(settings(signup_work_burst=60, **knobs), Signer([SECRET]), Counts(Shared(url), SECRET))


def plain(made: Shield, ip: str = "203.0.113.9", address: str = "a@example.org", **given: Any) -> Verdict:
    attempt = Attempt(1, ip, address, **{"stamp": made.stamp(1, NOW - TEN_S), **given})
    return judged(made, made.plain(attempt, NOW))


def judged(made: Shield, trial: Trial | None) -> Verdict:
    return made.judge([trial], NOW)[0] if trial else Verdict.AGAIN


def worked(made: Shield, ip: str = "203.0.113.9", address: str = "a@example.org") -> Verdict:
    return answered(made, made.puzzle(1, NOW - TEN_S), ip, address)


def answered(made: Shield, task: puzzle.Puzzle, ip: str = "203.0.113.9", address: str = "a@example.org") -> Verdict:
    number = puzzle.solve(task.salt, task.target, task.most)
    return judged(made, made.worked(Attempt(1, ip, address, token=task.token, number=number), NOW))


@pytest.fixture(params=["redis", "away", "amqp"])
def url(request: pytest.FixtureRequest) -> str:
    """The shared store, one that is away, and a broker that is none: budgets hold in any case."""
    if request.param == "redis":
        return str(request.getfixturevalue("empty_redis_url"))
    return AWAY if request.param == "away" else "amqp://127.0.0.1:9//"


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(seconds=1.9), Verdict.AGAIN),
        (timedelta(seconds=2), Verdict.NOTE),
        (timedelta(hours=23), Verdict.NOTE),
        (timedelta(hours=25), Verdict.AGAIN),
        (timedelta(seconds=-10), Verdict.AGAIN),
    ],
)
def test_a_form_takes_two_seconds_at_least_and_a_day_at_most(age: timedelta, verdict: Verdict) -> None:
    made = shield(AWAY)
    assert plain(made, stamp=made.stamp(1, NOW - age)) is verdict
    task = made.puzzle(1, NOW - age)
    assert answered(made, task, address="b@example.org") is verdict


def test_a_stamp_is_for_one_site_and_ours() -> None:
    made = shield(AWAY)
    stamps = ("", "x", made.stamp(2, NOW - TEN_S), made.stamp(1, NOW - TEN_S)[:-1], Signer([SECRET]).sign("u", 1, 2, 3))
    assert {plain(made, stamp=one) for one in stamps} == {Verdict.AGAIN}


def test_a_stamp_is_good_for_a_few_tries_and_a_puzzle_for_one(url: str) -> None:
    made = shield(url)
    stamp, task = made.stamp(1, NOW - TEN_S), made.puzzle(1, NOW - TEN_S)
    assert [plain(made, stamp=stamp) for _ in range(4)] == [*[Verdict.NOTE] * 3, Verdict.AGAIN]
    assert [answered(made, task) for _ in range(2)] == [Verdict.NOTE, Verdict.AGAIN]


def test_a_household_has_its_budget_and_work_buys_a_larger_one(url: str) -> None:
    made = shield(url, signups_plain_per_ip_h=2, signups_per_ip_h=3)
    assert [plain(made, "2001:db8::1"), plain(made, "2001:db8::2"), plain(made, "2001:db8::3")] == [
        *(Verdict.NOTE, Verdict.NOTE, Verdict.LIMITED),
    ]
    assert plain(made, "2001:db8:0:1::1") is Verdict.NOTE
    assert [worked(made, "203.0.113.7") for _ in range(4)] == [*[Verdict.NOTE] * 3, Verdict.LIMITED]


def test_a_mailbox_has_its_budget_from_wherever_it_is_asked(url: str) -> None:
    made = shield(url, signups_per_address_h=3)
    spellings = ["victim@gmail.com", "vic.tim@gmail.com", "Victim+1@googlemail.com", "v.ictim@gmail.com"]
    assert [plain(made, f"203.0.113.{n}", one) for n, one in enumerate(spellings)] == [
        *[Verdict.NOTE] * 3,
        Verdict.QUIET,
    ]
    assert worked(made, "203.0.113.77", "victim@gmail.com") is Verdict.QUIET
    assert worked(made, "203.0.113.77", "other@gmail.com") is Verdict.NOTE


def test_a_burst_makes_the_work_harder_and_the_plain_form_wait(url: str) -> None:
    made = shield(url, signup_burst_per_min=5, signup_plain_per_min=8)
    easy = made.puzzle(1, NOW - TEN_S)
    met = [plain(made, f"198.51.100.{n}", f"reader{n}@example.org") for n in range(10)]
    assert met == [*[Verdict.NOTE] * 8, *[Verdict.BUSY] * 2]
    assert answered(made, easy) is Verdict.AGAIN, "work of before the burst is too little now"
    hard = made.puzzle(1, NOW - TEN_S)
    assert (easy.most, hard.most) == (20, 60)
    assert answered(made, hard) is Verdict.NOTE
    assert made.puzzle(2, NOW).most == 20, "another site is not concerned"
    assert made.puzzle(1, NOW + timedelta(minutes=1)).most == 60, "nor is it over with the minute"
    assert made.puzzle(1, NOW + timedelta(minutes=3)).most == 20


def test_redis_holds_no_address_and_forgets(empty_redis_url: str) -> None:
    made = shield(empty_redis_url)
    plain(made)
    worked(made)
    with redis.Redis.from_url(empty_redis_url) as client:
        keys = client.keys("*")
        assert len(keys) == 5
        for key in keys:
            assert b"203.0.113" not in key
            assert b"example" not in key
            assert client.get(key).isdigit()
            assert 0 < client.ttl(key) <= 86_400


def test_counts_of_this_process_end_with_their_window() -> None:
    counts = Counts(Shared(AWAY), SECRET)
    tick = Tick("x", HOUR_S)
    assert [counts([tick], NOW), counts([tick], NOW), counts([replace(tick, by=0)], NOW)] == [[1], [2], [2]]
    assert counts([tick], NOW + timedelta(hours=1)) == [1]
    assert counts([replace(tick, ago=1, by=0)], NOW + timedelta(hours=1)) == [2]


# -- through the page ----------------------------------------------------------------------------------------------


def noted(visit: Visit) -> int:
    with visit.parts.db.reading() as session:
        return session.scalar(select(func.count()).select_from(Signup)) or 0


@pytest.mark.parametrize("stamp", ["", "forged", "1.2.3"])  # a form in a page of another site has none at all
def test_without_a_stamp_the_form_comes_back_filled_and_one_press_is_enough(visit: Visit, stamp: str) -> None:
    answer = visit.client.post("/naba/subscribe", data=visit.form(stamp=stamp))
    assert answer.status_code == 422
    assert 'value="layla@example.org"' in answer.text
    assert "مرة أخرى" in answer.text
    assert noted(visit) == 0
    fresh = answer.text.split('name="stamp" value="')[1].split('"')[0]
    visit.now += timedelta(seconds=3)
    assert visit.client.post("/naba/subscribe", data=visit.form(stamp=fresh)).status_code == 200
    assert noted(visit) == 1


def test_a_slip_keeps_the_stamp_so_that_nobody_waits_twice(visit: Visit) -> None:
    form = visit.form(address="layla")
    answer = visit.client.post("/naba/subscribe", data=form)
    assert f'name="stamp" value="{form["stamp"]}"' in answer.text


@pytest.mark.parametrize("knobs", [{"signup_plain_per_min": 1}], indirect=True)
def test_a_crowd_is_asked_for_patience_and_keeps_what_it_typed(visit: Visit) -> None:
    visit.client.post("/naba/subscribe", data=visit.form())
    answer = visit.client.post("/naba/subscribe?lang=en", data=visit.form(address="huda@example.org"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "try again in a minute" in answer.text
    assert 'value="huda@example.org"' in answer.text


def test_a_mistyped_domain_is_asked_about_and_either_answer_works(visit: Visit) -> None:
    form = visit.form(address="Layla.Ali@gmial.com")
    asked = visit.client.post("/naba/subscribe?lang=en", data=form)
    assert asked.status_code == 422
    assert "Did you mean <bdi>Layla.Ali@gmail.com</bdi>?" in asked.text
    assert 'name="typo" value="accept"' in asked.text
    assert 'value="Layla.Ali@gmial.com"' in asked.text, "what was typed stays"
    assert noted(visit) == 0
    for answer, kept in (("accept", "Layla.Ali@gmail.com"), ("keep", "Layla.Ali@gmial.com")):
        assert visit.client.post("/naba/subscribe", data={**form, "typo": answer}).status_code == 200
        with visit.parts.db.reading() as session:
            assert session.scalars(select(Signup.address).order_by(Signup.id.desc())).first() == kept


@pytest.mark.parametrize("knobs", [{"signup_refuse_disposable": True}], indirect=True)
def test_throw_away_mailboxes_are_refused_where_somebody_wants_that(visit: Visit) -> None:
    for address in ("x@mailinator.com", "x@sub.mailinator.com"):
        answer = visit.client.post("/naba/subscribe?lang=en", data=visit.form(address=address))
        assert answer.status_code == 422
        assert "temporary mailboxes" in answer.text
    assert visit.client.post("/naba/subscribe", data=visit.form()).status_code == 200


def test_throw_away_mailboxes_are_taken_otherwise(visit: Visit) -> None:
    assert visit.client.post("/naba/subscribe", data=visit.form(address="x@mailinator.com")).status_code == 200


def test_over_the_budget_of_its_address_the_answer_is_the_same_to_the_byte(visit: Visit) -> None:
    answers = [visit.client.post("/naba/subscribe", data=visit.form()) for _ in range(1)]
    shield = visit.edge.shield
    shield._knobs = shield._knobs.model_copy(update={"signups_per_address_h": 1})  # noqa: SLF001 - one test's own
    answers.append(visit.client.post("/naba/subscribe", data=visit.form()))
    assert noted(visit) == 1
    assert answers[0].content == answers[1].content


def test_a_crowd_is_noted_together_and_a_row_that_is_refused_takes_no_other_along(visit: Visit) -> None:
    with visit.parts.db.reading() as session:
        good = SignUpForm("naba", "a@example.org", (POLITICS,), "daily")
        stands_on = signup.grounds(session, "naba", good.topics)
    gone = replace(stands_on, site_id=999)
    rows = [signup.row(replace(good, address=f"{n}@example.org"), stands_on, visit.now) for n in range(3)]
    rows.insert(1, signup.row(good, gone, visit.now))
    # No way in lets half a character through; if one did, its row alone would suffer.
    rows.append(signup.row(good, stands_on, visit.now) | {"name": "\ud800"})
    rung: list[Nudge] = []
    faults = admission.note_signups(replace(visit.parts, bell=rung.extend), rows)
    assert [type(one) for one in faults] == [type(None), IntegrityError, type(None), type(None), UnicodeEncodeError]
    assert noted(visit) == 3
    assert [one.task for one in rung] == [Task.SIGN_UP] * 3


def test_each_of_a_crowd_has_its_own_verdict(visit: Visit) -> None:
    made = visit.edge.shield
    stamps = [made.stamp(1, visit.now - TEN_S) for _ in range(2)]
    tried = [("203.0.113.1", stamps[0]), ("203.0.113.2", stamps[1]), *[("203.0.113.3", stamps[0])] * 3]
    trials = [
        made.plain(Attempt(1, ip, f"{n}@example.org", stamp=stamp), visit.now) for n, (ip, stamp) in enumerate(tried)
    ]
    assert made.judge([one for one in trials if one], visit.now) == [Verdict.NOTE] * 4 + [Verdict.AGAIN]


def test_a_crowd_behind_a_database_that_stands_still_is_told_so_in_their_language(visit: Visit) -> None:
    app = cast("FastAPI", visit.client.app)
    app.state.edge = replace(visit.edge, crowd=Rounds[Wish, Verdict](lambda some: [Verdict.NOTE] * len(some), most=0))
    page = visit.client.post("/naba/subscribe", data=visit.form(), headers={"Accept-Language": "ar"})
    assert (page.status_code, page.headers["retry-after"]) == (503, "10")
    assert visit.edge.look.sentences.plain("ar", "error_busy") in page.text
    assert noted(visit) == 0
