"""A WordPress at its worst: told on the source, left alone for longer and longer, nothing lost, nothing twice."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import update

from notifier.models import Source
from notifier.sources.faults import ApiInvalid
from notifier.sources.wordpress import discover
from tests.sources.sites import Answer, page, redirect
from tests.wordpress.fake import JSON, Fake, following, stamp
from tests.world import World

SECRET = "NOTIFIER_SOURCE_RAFIDAIN"


@pytest.fixture
def fake(world: World) -> Iterator[Fake]:
    with following(world, bytes_max=1_200_000) as running:
        running.post(1, ago_h=1)
        running.poll(0)
        yield running


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)
    page(b"[]", JSON)(handler)


def told(code: str, status: int, *headers: tuple[str, str]) -> Answer:
    return page(json.dumps({"code": code}).encode(), JSON, *headers, status=status)


LOGIN = page("<html lang=ar><form>كلمة المرور</form>".encode(), ("Content-Type", "text/html"))


@pytest.mark.long
@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(slow, "within 1 seconds", id="slow"),
        pytest.param(LOGIN, "a web page where JSON was expected", id="html"),
        pytest.param(page(b"", JSON), "answers with nothing", id="empty"),
        pytest.param(page(b"\xef\xbb\xbf  [", JSON), "something else where JSON", id="torn"),
        pytest.param(page(b'{"a": 1}', JSON), "no list of wp/v2/posts", id="object"),
        pytest.param(told("rest_not_logged_in", 401), "rest_not_logged_in). It asks for a login", id="wall"),
        pytest.param(told("rest_no_route", 404), "or no longer, at", id="moved-away"),
        pytest.param(redirect("/wp-login.php"), "no longer, at", id="login"),
        pytest.param(redirect("http://127.0.0.1:9/wp-json"), "not public", id="inward"),
        pytest.param(page(b"", status=503), "status 503", id="503"),
        pytest.param(page(b"[" * 100_000, JSON), "where JSON was expected", id="deep"),
    ],
)
def test_a_site_that_fails_is_told_backs_off_and_heals(fake: Fake, answer: Answer, said: str) -> None:
    fake.answers["posts"] = answer
    fake.post(2)
    pauses = []
    for failures in (1, 2):
        fake.poll(86_400)
        source = fake.source
        assert said in source.last_error
        assert source.failures == failures
        pauses.append(source.next_poll_at - fake.world.now)
    assert timedelta(minutes=5) < pauses[0] < pauses[1]
    assert [one.state for one in fake.items().values()] == ["live"]
    fake.answers.clear()
    fake.poll(86_400)
    assert (fake.source.failures, fake.source.last_error, len(fake.items())) == (0, "", 2)


def test_a_site_that_asks_for_a_pause_gets_it_and_keeps_what_it_gave(fake: Fake) -> None:
    fake.post(2)
    fake.answers["comments"] = told("too_many", 429, ("Retry-After", "40000"))
    fake.poll()
    assert len(fake.items()) == 2
    assert fake.source.next_poll_at >= fake.world.now + timedelta(seconds=40_000)


def test_a_site_that_hides_its_comments_is_read_all_the_same(fake: Fake) -> None:
    fake.post(2)
    fake.answers["comments"] = told("rest_forbidden", 403)
    fake.poll()
    assert len(fake.items()) == 2
    assert "does not show its comments" in fake.source.last_error
    assert fake.source.failures == 0


def test_a_list_that_is_empty_by_mistake_takes_nothing_back(fake: Fake) -> None:
    fake.comment(7, 1)
    fake.poll()
    for route in ("posts", "comments"):
        fake.answers[route] = page(b"[]", JSON)
    fake.poll()
    assert {one.state for one in (*fake.items().values(), *fake.talk().values())} == {"live"}


def test_a_comment_of_a_megabyte_is_left_out_and_its_neighbours_are_not(fake: Fake) -> None:
    for number in range(10, 15):
        fake.comment(number, 1)
    fake.comment(12, 1, content={"rendered": f"<p>{'ا' * 300_000}</p>"})
    fake.comment(13, 1, content={"rendered": "<p>" + "x" * 1_000_000})
    fake.poll()
    assert sorted(fake.talk()) == [10, 11, 13, 14]
    assert "larger than a fetch may be" in fake.source.last_error
    assert fake.source.failures == 0


def test_attacks_in_html_and_names_are_harmless_text(fake: Fake) -> None:
    evil = '<p onclick=x()>a<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">b</a>'
    fake.comment(7, 1, content={"rendered": evil}, author_name="<b>x</b>\u202e\u0000 \ud800")
    fake.post(2, title={"rendered": "<script>x</script>{{7*7}}"}, link="javascript:alert(1)")
    fake.poll()
    comment, article = fake.talk()[7], fake.items()["https://r.example/?p=2"]
    assert "script" not in comment.html
    assert "onerror" not in comment.html
    assert "javascript" not in comment.html + article.url
    assert (article.title, comment.author_name) == ("{{7*7}}", "<b>x</b> ?")


def test_rows_that_make_no_sense_are_left_out(fake: Fake) -> None:
    fake.post(2, guid=None, title=7, content=[], _embedded={"author": "x", "wp:term": [None, [{"name": 1}]]})
    odd = [{**fake.posts[1], "id": value} for value in (None, "3", -1, 2**70, True)]
    fake.posts.update({1000 + n: {**row, "status": "publish"} for n, row in enumerate(odd)})
    fake.answers["posts"] = page(json.dumps([*fake.posts.values(), None, 3, "x"]).encode(), JSON)
    fake.poll()
    assert len(fake.items()) == 2


@pytest.mark.parametrize("hours", [-30 * 24, -5, 5, 20 * 365 * 24])
def test_a_wrong_clock_hides_nothing(fake: Fake, hours: int) -> None:
    wrong = stamp(fake.world.now + timedelta(hours=hours))
    fake.post(2, date_gmt=wrong, modified_gmt=wrong)
    fake.comment(7, 1, date_gmt=wrong)
    fake.poll()
    fake.post(3)
    fake.comment(8, 1)
    fake.poll()
    assert (len(fake.items()), sorted(fake.talk())) == (3, [7, 8])
    versions = [one.version for one in fake.items().values()]
    fake.poll()
    assert [one.version for one in fake.items().values()] == versions == [1, 1, 1]


def test_a_password_goes_to_its_own_site_only_and_nowhere_into_the_database(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake.world.parts.db.writing() as session:
        session.execute(update(Source).values(secret_name=SECRET))
    fake.poll()
    assert SECRET in fake.source.last_error
    monkeypatch.setenv(SECRET, "editor:abcd efgh")
    fake.asked()
    fake.poll(86_400)
    assert all(headers["authorization"].startswith("Basic ") for _, headers in fake.web.seen)
    fake.answers["posts"] = redirect(fake.web.url("/elsewhere", host="localhost"))
    fake.web.seen.clear()
    fake.poll(86_400)
    assert fake.source.last_error
    assert "abcd" not in repr(vars(fake.source))


def test_no_other_variable_is_ever_sent(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", "x")
    with fake.world.parts.db.writing() as session:
        session.execute(update(Source).values(secret_name="NOTIFIER_SECRET_KEY"))
    fake.web.seen.clear()
    fake.poll()
    assert fake.web.seen == []


def test_a_site_that_is_no_wordpress_says_so(fake: Fake) -> None:
    fake.web.pages["/"] = LOGIN
    with pytest.raises(ApiInvalid, match="source add feed"):
        discover(fake.world.parts.fetch, fake.web.url("/"))
