"""The links in wpDiscuz's letters: looking changes nothing, the button does what it says, strangers learn nothing."""

import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from notifier.consent.taking import Basis
from notifier.domain.takeover import Guids
from notifier.domain.tokens import address_hash
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import ConsentEvent, Subscriber, Subscription, Topic
from notifier.sources.wpdiscuz.reading import Terms
from notifier.sources.wpdiscuz.table import FOLLOWS, SUBSCRIPTIONS, Row, Shape
from notifier.takeover import Ears, Job, take_over
from tests.takeover.tables import KEY, follow, subscription
from tests.web.conftest import Visit

HOME = "https://naba.example"
THREAD, AUTHOR = f"thread:{HOME}/?p=164", f"author:{address_hash('p' * 32, 'suad@rafidain.iq')}"
UNSUBSCRIBE = "/wpdiscuzsubscription/unsubscribe/?wpdiscuzSubscribeID={id}&key={key}"
CONFIRM = "/wpdiscuzsubscription/confirm/?wpdiscuzConfirmID={id}&wpdiscuzConfirmKey={key}&wpDiscuzComfirm=yes"
FOLLOW = "/wpdiscuzsubscription/follow/?wpdiscuzFollowID={id}&wpdiscuzFollowKey={key}&wpDiscuzComfirm=1"
UNFOLLOW = FOLLOW.removesuffix("1") + "0"
EVERY = (UNSUBSCRIBE, CONFIRM, FOLLOW, UNFOLLOW)


class Given:
    """Rows of one table."""

    def __init__(self, shape: Shape, *rows: tuple[str, ...]) -> None:
        self.name, self.shape, self.size, self._rows = shape.name, shape, len(rows), rows

    def rows(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a stand-in
        for n, row in enumerate(self._rows, 1):
            yield Row(n, dict(zip(self.shape.columns, row, strict=True)), n)


@pytest.fixture
def old(visit: Visit) -> Visit:
    """Layla follows a discussion (twice, as in 2015) and an author; Omar follows the same author, with another key."""
    terms = Terms(Guids.of(HOME), ZoneInfo("Asia/Baghdad"), visit.now)
    job = Job(visit.site_id, Basis("wpdiscuz", "x", Frequency.INSTANT), terms, is_for_good=True)
    subscriptions = subscription(5, "layla@mail.iq"), subscription(6, "layla@mail.iq", activation_key="6" * 32)
    follows = follow(5, "layla@mail.iq"), follow(7, "omar@mail.iq", activation_key="7" * 32)
    take_over(visit.parts, [Given(SUBSCRIPTIONS, *subscriptions), Given(FOLLOWS, *follows)], job, Ears())
    return visit


def has(visit: Visit, address: str = "layla@mail.iq") -> set[str]:
    with visit.parts.db.reading() as session:
        return set(
            session.scalars(
                select(Topic.name)
                .join(Subscription, Subscription.topic_id == Topic.id)
                .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
                .where(Subscriber.address == address, Subscription.ended_at.is_(None))
            )
        )


@pytest.mark.matrix(3)
@pytest.mark.parametrize("link", EVERY)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing_and_shows_one_button(old: Visit, link: str, method: str) -> None:
    before = old.rows()
    for path in (link, link.replace("/?", "?")):
        answer = old.client.request(method, path.format(id=5, key=KEY))
        assert answer.status_code == 200
        if method == "GET":
            assert answer.text.count("<button") == 1
            assert '<form method="post">' in answer.text
            assert 'lang="ar"' in answer.text
            assert "layla" not in answer.text
    assert old.rows() == before


@pytest.mark.parametrize("number_and_key", [(5, KEY), (6, "6" * 32)])
def test_unsubscribing_ends_that_discussion_only(old: Visit, number_and_key: tuple[int, str]) -> None:
    link = UNSUBSCRIBE.format(id=number_and_key[0], key=number_and_key[1])
    answer = old.client.post(link)
    assert (answer.status_code, has(old)) == (200, {AUTHOR})
    assert "أُلغي الاشتراك" in answer.text
    with old.parts.db.reading() as session:
        last = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
    assert last is not None
    assert (last.action, last.purpose, last.source) == (ConsentAction.UNSUBSCRIBED, THREAD, "old-link")
    assert old.client.post(link).status_code == 200, "twice is as good as once"


def test_unfollowing_ends_the_author_and_following_brings_them_back(old: Visit) -> None:
    assert old.client.post(UNFOLLOW.format(id=5, key=KEY)).status_code == 200
    assert has(old) == {THREAD}
    assert has(old, "omar@mail.iq") == {AUTHOR}
    before = old.rows()
    assert old.client.get(FOLLOW.format(id=5, key=KEY)).status_code == 200
    assert old.rows() == before
    assert old.client.post(FOLLOW.format(id=5, key=KEY)).status_code == 200
    assert has(old) == {THREAD, AUTHOR}


def test_confirming_what_is_confirmed_changes_nothing(old: Visit) -> None:
    before = old.rows()
    answer = old.client.post(CONFIRM.format(id=5, key=KEY))
    assert (answer.status_code, old.rows() == before) == (200, True)
    assert "تم تأكيد الاشتراك" in answer.text


def test_who_left_everything_can_come_back_by_their_own_link(old: Visit) -> None:
    for link in (UNSUBSCRIBE, UNFOLLOW):
        old.client.post(link.format(id=5, key=KEY))
    assert has(old) == set()
    old.client.post(CONFIRM.format(id=5, key=KEY))
    assert has(old) == {THREAD}


def test_every_wrong_link_gets_the_same_answer_and_does_nothing(old: Visit) -> None:
    before = old.rows()
    whole = f"&key={KEY}"
    wrong = [
        "id=5&key=" + "0" * 32, "id=5&key=", "id=99" + whole, "id=x" + whole, "id=-5" + whole, "id=7" + whole,
        "id=9999999999999999999999" + whole, "id=٥" + whole, "id=5&key=%00", "",
    ]  # fmt: skip
    answers: dict[str, set[tuple[int, str]]] = {"GET": set(), "POST": set()}
    for method, known in answers.items():
        for action, number, key in (
            ("unsubscribe", "wpdiscuzSubscribeID", "key"),
            ("confirm", "wpdiscuzConfirmID", "wpdiscuzConfirmKey"),
            ("follow", "wpdiscuzFollowID", "wpdiscuzFollowKey"),
            ("other", "id", "key"),
        ):
            for each in wrong:
                query = each.replace("key=", f"{key}=").replace("id=", f"{number}=", 1)
                answer = old.client.request(method, f"/wpdiscuzsubscription/{action}/?{query}")
                known.add((answer.status_code, answer.text))
    assert [len(known) for known in answers.values()] == [1, 1]
    assert {status for known in answers.values() for status, _ in known} == {404}
    assert old.rows() == before


def test_what_was_taken_over_stands_in_the_preferences(old: Visit) -> None:
    with old.parts.db.reading() as session:
        reader = session.scalars(select(Subscriber.id).where(Subscriber.address == "layla@mail.iq")).one()
    page = old.client.get(old.link("p", reader)).text
    assert "د سعاد العزاوي" in page
    assert f">{THREAD}<" not in page, "a discussion without a title is called one"


@pytest.mark.parametrize(("link", "topic"), [(UNSUBSCRIBE, THREAD), (UNFOLLOW, AUTHOR)])
def test_what_a_link_ended_can_be_taken_back_for_a_day(old: Visit, link: str, topic: str) -> None:
    path = link.format(id=5, key=KEY)
    page = old.client.post(path).text
    assert topic not in has(old)
    action, token = undo_form(page)
    assert undo_form(old.client.post(path).text)[1] == token, "the second press ended nothing more"
    answer = old.client.post(action, data={"undo": token})
    assert (answer.status_code, has(old)) == (200, {THREAD, AUTHOR})
    assert "عاد كل شيء كما كان" in answer.text
    assert old.client.post(action, data={"undo": token}).status_code == 200, "twice is as good as once"
    old.now += timedelta(days=1, seconds=1)
    old.client.post(path)
    assert old.client.post(action, data={"undo": token}).status_code == 410
    assert topic not in has(old)


def test_an_undo_is_of_the_reader_whose_link_it_stands_behind(old: Visit) -> None:
    action, token = undo_form(old.client.post(UNFOLLOW.format(id=7, key="7" * 32)).text)
    hers = UNFOLLOW.format(id=5, key=KEY).replace("/?", "/undo?")
    assert old.client.post(hers, data={"undo": token}).status_code == 410
    assert has(old, "omar@mail.iq") == set()
    assert old.client.post(action.replace("7" * 32, "8" * 32), data={"undo": token}).status_code == 404
    for forged in ("", "x", token[:-2]):
        assert old.client.post(action, data={"undo": forged}).status_code == 410
    assert has(old, "omar@mail.iq") == set()


def undo_form(page: str) -> tuple[str, str]:
    """Where the form of an undo leads, and its token."""
    found = re.search(r'action="([^"]+/undo[^"]*)">\s*<input type="hidden" name="undo" value="([^"]+)"', page)
    assert found, page
    return unescape(found[1]), found[2]


@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    ("language", "direction"), [(x, "rtl") for x in ("ar", "ckb", "fa", "he", "ur")] + [("en", "ltr")]
)
def test_the_page_speaks_the_reader_s_language(old: Visit, language: str, direction: str) -> None:
    with old.parts.db.writing() as session:
        session.execute(update(Subscriber).values(language=language))
    page = old.client.get(UNSUBSCRIBE.format(id=5, key=KEY), headers={"Accept-Language": "de"})
    assert f'<html lang="{language}" dir="{direction}">' in page.text
    assert page.headers["Cache-Control"] == "no-store"
