"""A reply on its way to a site without a WordPress: signed, once, tried again, and then forgotten."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier import upkeep
from notifier.domain import webhook
from notifier.domain.words import ReplyRefusal, ReplyState
from notifier.feedback.handing import TRIED_FOR
from notifier.mailroom.handing import key_of
from notifier.models import Site, Subscriber
from tests.mailroom.conftest import ME, Paper, Talk, mail


def test_the_site_gets_it_signed_with_all_that_a_comment_needs(talk: Talk, paper: Paper) -> None:
    talk.arrive(mail("شكراً <b>جداً</b>"))
    talk.world.work()
    ((headers, body),) = paper.seen
    key = key_of(talk.world.parts, talk.world.site.id)
    assert webhook.read(headers, body, [key], talk.now, 300)
    assert not webhook.read(headers, body + b" ", [key], talk.now, 300)
    told = json.loads(body)
    assert told["type"] == "reply.received"
    assert told["data"] == {
        "site": "rafidain", "article": "1", "article_url": "https://r.example/1", "parent": "second",
        "author_name": "ليلى البصري", "author_email": ME, "language": "ar", "text": "شكراً <b>جداً</b>",
    }  # fmt: skip
    row = talk.row()
    assert (row.state, row.words, bool(row.words_hash)) == (ReplyState.HANDED, "", True)


def test_who_gave_no_name_has_one_in_their_language(talk: Talk, paper: Paper) -> None:
    with talk.world.parts.db.writing() as session:
        session.execute(update(Subscriber).values(name=""))
    talk.arrive(mail())
    talk.world.work()
    assert json.loads(paper.seen[0][1])["data"]["author_name"] == "قارئ"


def test_a_site_that_is_away_is_asked_again_with_the_same_id(talk: Talk, paper: Paper) -> None:
    paper.status, paper.more = 503, {"Retry-After": "900"}
    talk.arrive(mail())
    talk.world.work()
    row = talk.row()
    assert (row.state, row.words, row.next_attempt_at - talk.now) == (
        ReplyState.WAITING, "شكراً، فهمت.", timedelta(seconds=900),
    )  # fmt: skip
    talk.world.later(seconds=100)
    upkeep.sweep(talk.world.parts, talk.now)
    talk.world.work()
    assert len(paper.seen) == 1, "not before its time"
    paper.status = 200
    talk.world.later(seconds=900)
    upkeep.sweep(talk.world.parts, talk.now)
    talk.world.work()
    assert len({headers["webhook-id"] for headers, _ in paper.seen}) == 1
    assert talk.row().state is ReplyState.HANDED


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [(409, ReplyState.HANDED, None), (422, ReplyState.REFUSED, ReplyRefusal.DECLINED),
     (410, ReplyState.REFUSED, ReplyRefusal.DECLINED), (401, ReplyState.WAITING, None),
     (302, ReplyState.WAITING, None), (500, ReplyState.WAITING, None)],
)  # fmt: skip
def test_each_answer_has_its_meaning(
    talk: Talk, paper: Paper, status: int, state: ReplyState, reason: ReplyRefusal | None
) -> None:
    paper.status, paper.more = status, {"Location": f"{paper.url}/elsewhere"}
    talk.arrive(mail())
    talk.world.work()
    row = talk.row()
    assert (row.state, row.reason) == (state, reason)
    assert bool(row.words) is (state is ReplyState.WAITING)
    assert len(paper.seen) == 1, "a redirect is not followed with a reader's address in hand"


def test_after_days_it_is_given_up_and_says_why(talk: Talk, paper: Paper) -> None:
    paper.status = 500
    talk.arrive(mail())
    talk.world.now += TRIED_FOR + timedelta(hours=1)
    talk.world.work()
    row = talk.row()
    assert (row.state, row.reason, row.words) == (ReplyState.REFUSED, ReplyRefusal.GIVEN_UP, "")
    assert "status 500" in row.detail


def test_two_workers_hand_one_reply_over_once(talk: Talk, paper: Paper) -> None:
    talk.arrive(mail())
    nudge = talk.world.rung[-1]
    for _ in range(2):
        upkeep.act(talk.world.parts, nudge, talk.world.clock)
    assert len(paper.seen) == 1


def test_a_lost_nudge_is_made_up_for_by_the_sweep(talk: Talk, paper: Paper) -> None:
    talk.arrive(mail())
    talk.world.rung.clear()
    talk.world.later(minutes=1)
    talk.world.tick()
    assert len(paper.seen) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://169.254.169.254/latest", "http://[::1]/", "ftp://x/"])
def test_a_site_cannot_lead_us_into_our_own_network(talk: Talk, url: str) -> None:
    with talk.world.parts.db.writing() as session:
        session.execute(update(Site).values(replies_url=url))
    talk.arrive(mail())
    talk.world.work()
    row = talk.row()
    assert row.state is ReplyState.WAITING
    assert "not public" in row.detail or "Only http" in row.detail


def test_the_nudge_carries_an_id_and_nothing_else(talk: Talk) -> None:
    talk.arrive(mail())
    assert talk.world.rung[-1].args == (talk.row().id,)
