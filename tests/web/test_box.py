"""The subscribe box's script and API: small, cached, open to the site's own pages and to no others."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier.domain import puzzle, topics
from notifier.domain.weburl import origin_of
from notifier.models import Signup, Site, Suppression
from notifier.site_rules import checked_origins
from tests.web.conftest import POLITICS, Visit, add_site

HOME = {"Origin": "https://naba.example"}
SIGNUPS = "/api/v1/sites/naba/signups"
BOX = "/api/v1/sites/naba/box"


def solved(visit: Visit, **fields: Any) -> dict[str, Any]:
    """A sign-up as the widget sends it, ten seconds after it was shown."""
    task = visit.edge.shield.puzzle(visit.site_id, visit.now - timedelta(seconds=10))
    number = puzzle.solve(task.salt, task.target, task.most)
    first = {"address": "layla@example.org", "topics": [POLITICS], "frequency": "daily"}
    return {**first, "token": task.token, "number": number, **fields}


def signups(visit: Visit) -> list[Signup]:
    with visit.parts.db.reading() as session:
        return list(session.scalars(select(Signup).order_by(Signup.id)))


def test_the_script_is_small_in_every_language_and_asks_nobody_else(visit: Visit) -> None:
    for language in visit.edge.look.sentences.languages:
        script = visit.client.get(f"/naba/widget.js?lang={language}")
        assert script.status_code == 200
        assert len(script.content) <= 12 * 1024, language
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "CONFIG" not in script.text
        assert not [word for word in ("http", "cookie", "localStorage", "innerHTML", "eval(") if word in script.text]


def test_the_script_is_kept_and_asked_for_again_by_its_etag(visit: Visit) -> None:
    first = visit.client.get("/naba/widget.js")
    assert first.headers["Cache-Control"].startswith("public, max-age=3600")
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for asked in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}', "*"):
        again = visit.client.get("/naba/widget.js", headers={"If-None-Match": asked})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    other = visit.client.get("/naba/widget.js?lang=en", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    assert visit.client.get("/none/widget.js").status_code == 404


def test_a_site_s_name_cannot_leave_the_script(visit: Visit) -> None:
    add_site(visit.parts, "odd", name='</script><script>alert("x")', colour="red;}<")
    script = visit.client.get("/odd/widget.js").text
    assert "</script" not in script
    assert "</style" not in script


def test_the_box_offers_the_discussion_and_its_sections(visit: Visit) -> None:
    box = visit.client.get(BOX, params={"article": "a1", "categories": "سياسة, لا وجود له,Tech", "lang": "en"}).json()
    assert box["is_thread"]
    assert [one["topic"] for one in box["offers"]] == ["thread:a1", "mine:a1", POLITICS, "category:tech"]
    labels = [one["label"] for one in box["offers"]]
    assert labels[:2] == ["Comments on this article", "Replies to my comments here"]
    assert box["words"]["topics"] == "Email me about"
    assert (box["wanted"], box["frequency"]) == ([], "instant")
    assert box["words"]["button"] == "Subscribe"
    assert box["wait_ms"] == 2000
    assert dict(box["languages"]).keys() == set(visit.edge.look.sentences.languages)


def test_an_article_that_has_not_come_in_yet_leaves_the_sections(visit: Visit) -> None:
    for asked in ("new", "x" * 4000, "\t", "'; DROP TABLE sites; --"):
        box = visit.client.get(BOX, params={"article": asked, "categories": "سياسة"}).json()
        assert not box["is_thread"]
        assert box["wanted"] == [POLITICS]
        assert len(box["offers"]) == 3
    page = visit.client.get("/naba/subscribe", params={"thread": "new", "categories": "سياسة"})
    assert page.status_code == 200
    assert "لم يصلنا هذا المقال بعد" in page.text
    assert f'value="{POLITICS}" checked' in page.text


def test_one_discussion_alone_is_ticked(visit: Visit) -> None:
    box = visit.client.get(BOX, params={"article": "a1"}).json()
    assert [one["topic"] for one in box["offers"]] == ["thread:a1", "mine:a1"]
    assert box["wanted"] == ["thread:a1"], "answers to one's own comments are wished for by nobody else"


def test_a_solved_box_is_noted_with_what_was_chosen(visit: Visit) -> None:
    body = solved(visit, topics=["thread:a1", POLITICS], language="en", time_zone="Asia/Tehran", frequency="hourly")
    answer = visit.client.post(f"{SIGNUPS}?lang=en", json=body, headers=HOME)
    assert (answer.status_code, answer.json()["title"]) == (200, "One step to go")
    (row,) = signups(visit)
    assert (row.topics, row.frequency, row.language) == (["thread:a1", POLITICS], "hourly", "en")
    assert (row.time_zone, row.source) == ("Asia/Tehran", "widget")
    visit.work()
    assert len(visit.transport.sent) == 1


@pytest.mark.parametrize(
    ("topics", "is_implicit"),
    [(["thread:a1"], True), (["thread:a1", "mine:a1"], False), (["mine:a1"], False), ([POLITICS], False)],
)
def test_who_left_the_boxes_as_they_were_is_told_from_who_ticked_one(
    visit: Visit, topics: list[str], *, is_implicit: bool
) -> None:
    wanted = visit.client.get(BOX, params={"article": "a1"}).json()["wanted"]
    visit.client.post(SIGNUPS, json=solved(visit, topics=topics, ticked=wanted))
    assert [(row.topics, row.is_implicit) for row in signups(visit)] == [(topics, is_implicit)]


@pytest.mark.parametrize("topics", [[POLITICS], ["thread:a1", "mine:a1"], ["mine"], ["mentions"]])
def test_every_address_gets_the_same_bytes(visit: Visit, topics: list[str]) -> None:
    visit.active("active@example.org")
    visit.sign_up("pending@example.org")
    visit.active("gone@example.org")
    with visit.parts.db.writing() as session:
        hashed = visit.hash_of(session, "gone@example.org")
        session.add(Suppression(site_id=1, address_hash=hashed, reason="complaint", source="test", at=visit.now))
    names = ("new", "pending", "active", "gone")
    answers = [
        visit.client.post(SIGNUPS, json=solved(visit, address=f"{one}@example.org", topics=topics)) for one in names
    ]
    answers.append(visit.client.post(SIGNUPS, json=solved(visit, website="https://spam.example")))
    assert {(one.status_code, one.content, str(one.headers)) for one in answers} == {
        (200, answers[0].content, str(answers[0].headers))
    }
    assert len(signups(visit)) == 3 + 4, "the one that filled the trap is not noted"


def test_a_puzzle_that_does_not_count_is_answered_with_a_fresh_one(visit: Visit) -> None:
    body = solved(visit)
    assert visit.client.post(SIGNUPS, json=body).status_code == 200
    for wrong in (body, solved(visit, number=999), solved(visit, token="x"), solved(visit, token="é.é")):
        answer = visit.client.post(f"{SIGNUPS}?lang=en", json=wrong)
        assert answer.status_code == 409
        assert answer.json()["error"]["key"] == "press_again"
        assert answer.json()["puzzle"]["token"] != wrong["token"]
    assert len(signups(visit)) == 1


def test_a_mistyped_domain_is_asked_about(visit: Visit) -> None:
    body = solved(visit, address="Layla@hotmial.com")
    asked = visit.client.post(f"{SIGNUPS}?lang=ar", json=body)
    assert (asked.status_code, asked.json()["better"]) == (422, "Layla@hotmail.com")
    assert asked.json()["error"]["message"] == "هل المقصود Layla@hotmail.com؟"
    assert visit.client.post(SIGNUPS, json={**body, "typo": "keep"}).status_code == 200
    assert signups(visit)[0].address == "Layla@hotmial.com"


# -- whose pages ---------------------------------------------------------------------------------------------------


def test_the_site_s_own_pages_may_ask_and_are_told_so(visit: Visit) -> None:
    with visit.parts.db.writing() as session:
        session.get_one(Site, 1).origins = ["https://m.naba.example", "http://localhost:8080"]
    for origin in ("https://naba.example", "https://m.naba.example", "http://localhost:8080"):
        answers = [
            visit.client.options(SIGNUPS, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
            visit.client.get(BOX, headers={"Origin": origin}),
            visit.client.post(SIGNUPS, json=solved(visit), headers={"Origin": origin}),
            visit.client.post(SIGNUPS, json={}, headers={"Origin": origin}),
        ]
        assert [one.status_code for one in answers] == [204, 200, 200, 422]
        for one in answers:
            assert one.headers["Access-Control-Allow-Origin"] == origin
            assert one.headers["Vary"] == "Origin"
            assert "Access-Control-Allow-Credentials" not in one.headers
            assert "set-cookie" not in one.headers
        assert answers[0].headers["Access-Control-Allow-Headers"] == "Content-Type"
        assert answers[0].headers["Access-Control-Allow-Methods"] == "GET, POST"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://naba.example",
        "https://naba.example.evil",
        "https://naba.example:444",
        "null",
        "",
    ],
)
def test_no_other_page_may(visit: Visit, origin: str) -> None:
    answers = [
        visit.client.options(SIGNUPS, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
        visit.client.get(BOX, headers={"Origin": origin}),
        visit.client.post(f"{SIGNUPS}?lang=en", json=solved(visit), headers={"Origin": origin}),
    ]
    for one in answers:
        assert one.status_code == 403
        assert "Access-Control-Allow-Origin" not in one.headers
        assert one.headers["Vary"] == "Origin"
    assert answers[2].json()["error"]["key"] == "origin"
    assert signups(visit) == []


def test_origins_are_kept_as_browsers_write_them() -> None:
    given = ["https://M.Naba.example/x?y", "http://localhost:8080", "https://naba.example:443", "https://أخبار.example"]
    assert checked_origins(given) == [
        *("https://m.naba.example", "http://localhost:8080", "https://naba.example"),
        origin_of(given[3]),
    ]
    assert origin_of(given[3]).isascii()
    with pytest.raises(ValueError, match="write it like"):
        checked_origins(["naba.example"])


# -- what cannot be right ------------------------------------------------------------------------------------------


@pytest.mark.matrix(4)
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"address": "layla"}, 422, "address"),
        ({"address": "x" * 400}, 422, "address"),
        ({"address": 5}, 422, "address"),
        ({"address": None}, 422, "address"),
        ({"address": "l\0@example.org"}, 422, "address"),
        ({"topics": []}, 422, "topics"),
        ({"topics": ["category:nowhere"]}, 422, "topics"),
        ({"topics": [POLITICS] * 10_000}, 422, "topics"),
        ({"topics": [["x"]]}, 422, "topics.0"),
        ({"topics": "x"}, 422, "topics"),
        ({"topics": [topics.category("x" * 1000)]}, 422, "topics.0"),
        ({"frequency": "yearly"}, 422, "frequency"),
        ({"number": "5"}, 422, "number"),
        ({"number": -1}, 422, "number"),
        ({"number": 10**30}, 422, "number"),
        ({"number": 1.5}, 422, "number"),
        ({"number": True}, 422, "number"),
        ({"token": "x" * 401}, 422, "token"),
        ({"colour": "red"}, 422, "colour"),
        ({"time_zone": "x" * 65}, 422, "time_zone"),
    ],
)
def test_what_cannot_be_right_is_said_in_the_page_s_language(
    visit: Visit, change: dict[str, Any], status: int, field: str
) -> None:
    answer = visit.client.post(f"{SIGNUPS}?lang=ckb", json=solved(visit, **change), headers=HOME)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field)
    assert any("\u0600" <= letter <= "\u06ff" for letter in error["message"])
    assert answer.headers["Access-Control-Allow-Origin"] == "https://naba.example"
    assert signups(visit) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b"\xff\xfe", 400),
        (b'{"address": "\\ud800@example.org"}', 422),
        (b'{"address": "\\u0000"}', 422),
        (b"[" * 100_000, 400),
        (b'{"address": "' + b"x" * 2_000_000 + b'"}', 413),
        (b"", 422),
    ],
)
def test_a_body_that_is_none_is_4xx_with_a_sentence(visit: Visit, body: bytes, status: int) -> None:
    answer = visit.client.post(f"{SIGNUPS}?lang=fa", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["article=%00", "article=" + "x" * 4001, "categories=%ed%a0%80", "lang=" + "x" * 999])
def test_a_strange_query_is_no_fault_of_ours(visit: Visit, query: str) -> None:
    answer = visit.client.get(f"{BOX}?{query}")
    assert answer.status_code in {200, 422}
    assert json.loads(answer.content)
