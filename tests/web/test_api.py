"""The JSON API: items in, receipts out."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from notifier.models import ApiKey
from tests.web.conftest import Visit, add_site

ITEMS = "/api/v1/sites/naba/items"
STORY: dict[str, Any] = {
    "kind": "article",
    "title": "قمة في بغداد",
    "html": "<p>نص <script>alert(1)</script></p>",
    "url": "https://naba.example/قمة",
    "categories": ["سياسة"],
    "tags": ["العراق"],
    "author": {"name": "هدى", "email": "huda@naba.example"},
    "image": {"url": "https://naba.example/a.jpg", "alt": "القاعة"},
    "facts": {"views": 12, "sources": ["وكالات"]},
    "published_at": "2026-07-01T08:30:00+03:00",
    "version": 3,
    "language": "ar",
}
COMMENT = {"kind": "comment", "html": "<p>أحسنت</p>", "article": "a1", "author": {"name": "سلمى"}}


def test_storing_an_article_answers_201_then_200(visit: Visit) -> None:
    key = visit.key()
    first = visit.client.put(f"{ITEMS}/n1", json=STORY, headers=key)
    again = visit.client.put(f"{ITEMS}/n1", json=STORY, headers=key)
    newer = visit.client.put(f"{ITEMS}/n1", json={**STORY, "version": 4}, headers=key)
    older = visit.client.put(f"{ITEMS}/n1", json={**STORY, "version": 2}, headers=key)
    assert [answer.status_code for answer in (first, again, newer, older)] == [201, 200, 200, 200]
    assert [answer.json()["outcome"] for answer in (first, again, newer, older)] == [
        "created",
        "unchanged",
        "updated",
        "stale",
    ]
    assert first.json()["version"] == 3


def test_an_item_reads_back_sanitised_and_with_its_topics(visit: Visit) -> None:
    key = visit.key()
    visit.client.put(f"{ITEMS}/n1", json=STORY, headers=key)
    item = visit.client.get(f"{ITEMS}/n1", headers=key).json()
    assert "script" not in item["html"]
    assert item["title"] == STORY["title"]
    assert item["facts"] == STORY["facts"]
    assert item["published_at"] == "2026-07-01T05:30:00Z"
    assert {"category:سياسة", "tag:العراق", "author:هدى", "site"} == set(item["topics"])
    assert "huda@naba.example" not in visit.client.get(f"{ITEMS}/n1", headers=key).text


@pytest.mark.parametrize("guid", ["https://naba.example/2026/07/خبر?id=7", "tag:naba,2026:1", "a b/ج"])
def test_a_guid_may_be_an_address_or_arabic(visit: Visit, guid: str) -> None:
    key = visit.key()
    assert visit.client.put(f"{ITEMS}/{quote(guid, safe='')}", json=STORY, headers=key).status_code == 201
    assert visit.client.get(f"{ITEMS}/{quote(guid, safe='')}", headers=key).json()["guid"] == guid


def test_retracting_answers_once_and_then_unchanged(visit: Visit) -> None:
    key = visit.key()
    assert visit.client.delete(f"{ITEMS}/a1", headers=key).json()["outcome"] == "retracted"
    assert visit.client.delete(f"{ITEMS}/a1", headers=key).json()["outcome"] == "unchanged"
    assert visit.client.get(f"{ITEMS}/a1", headers=key).json()["state"] == "retracted"


def test_a_comment_goes_under_its_article(visit: Visit) -> None:
    key = visit.key()
    assert visit.client.put(f"{ITEMS}/c1", json=COMMENT, headers=key).status_code == 201
    reply = {**COMMENT, "parent": "c1", "state": "held"}
    assert visit.client.put(f"{ITEMS}/c2", json=reply, headers=key).status_code == 201
    assert visit.client.get(f"{ITEMS}/c2", headers=key).json()["topics"] == ["thread:a1", "replies:c1"]


def test_a_comment_of_an_unknown_article_is_409_and_a_parent_may_come_later(visit: Visit) -> None:
    answer = visit.client.put(f"{ITEMS}/c1", json={**COMMENT, "article": "nowhere"}, headers=visit.key())
    assert answer.status_code == 409
    assert answer.json()["error"]["key"] == "unknown_article"
    answer = visit.client.put(f"{ITEMS}/c1", json={**COMMENT, "parent": "nowhere"}, headers=visit.key())
    assert answer.status_code == 201


def test_one_bad_item_of_many_does_not_refuse_the_rest(visit: Visit) -> None:
    many = [
        {**STORY, "guid": "b1"},
        {**STORY, "guid": "b2", "title": 7},
        "not even an object",
        {**COMMENT, "guid": "b3", "article": "nowhere"},
        {**COMMENT, "guid": "b4", "article": "b1"},
    ]
    answer = visit.client.post(ITEMS, json={"items": many}, headers={**visit.key(), "Accept-Language": "en"})
    assert answer.status_code == 207
    receipts = answer.json()["receipts"]
    assert [receipt["outcome"] for receipt in receipts] == ["created", "refused", "refused", "refused", "created"]
    assert receipts[1]["error"] == {
        "key": "type",
        "message": "The field “title” has the wrong type.",
        "field": "title",
    }
    assert receipts[2]["error"]["key"] == "not_an_object"
    assert receipts[3]["error"]["key"] == "unknown_article"


def test_more_than_500_items_are_too_many(visit: Visit) -> None:
    answer = visit.client.post(ITEMS, json={"items": [1] * 501}, headers=visit.key())
    assert answer.status_code == 422
    assert answer.json()["error"]["key"] == "too_many_values"


def test_no_items_are_no_error(visit: Visit) -> None:
    assert visit.client.post(ITEMS, json={"items": []}, headers=visit.key()).json() == {"receipts": []}


def test_the_status_is_the_site_s_balance(visit: Visit) -> None:
    visit.sign_up()
    found = visit.client.get("/api/v1/sites/naba/status", headers=visit.key()).json()
    assert found["is_balanced"] is True
    assert found["balance"]["planned"] == 1
    assert found["balance"]["sent"] == 1


def test_an_unknown_item_is_404(visit: Visit) -> None:
    key = visit.key()
    for answer in (visit.client.get(f"{ITEMS}/none", headers=key), visit.client.delete(f"{ITEMS}/none", headers=key)):
        assert answer.status_code == 404
        assert answer.json()["error"]["key"] == "unknown_item"


def test_a_site_sees_only_its_own_items(visit: Visit) -> None:
    other = add_site(visit.parts, "other")
    key = visit.key(site_id=other)
    assert visit.client.get("/api/v1/sites/other/items/a1", headers=key).status_code == 404
    assert visit.client.delete("/api/v1/sites/other/items/a1", headers=key).status_code == 404
    assert visit.client.get(f"{ITEMS}/a1", headers=visit.key()).json()["state"] == "live"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({}, "no_key"),
        ({"Authorization": "Bearer"}, "no_key"),
        ({"Authorization": "Basic bm86bm8="}, "no_key"),
        ({"Authorization": "Bearer nk_wrong"}, "wrong_key"),
        ({"Authorization": "Bearer nk_\xe9"}, "wrong_key"),
    ],
)
def test_no_key_and_a_wrong_key_are_401(visit: Visit, header: dict[str, str], key: str) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in header.items()}
    answer = visit.client.get(f"{ITEMS}/a1", headers=raw)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["key"] == key


def test_a_revoked_key_is_401(visit: Visit) -> None:
    answer = visit.client.get(f"{ITEMS}/a1", headers=visit.key(revoked_at=visit.now))
    assert answer.status_code == 401
    assert answer.json()["error"]["key"] == "wrong_key"


def test_a_key_says_the_same_of_a_foreign_site_and_of_none(visit: Visit) -> None:
    add_site(visit.parts, "other")
    key = visit.key()
    answers = [visit.client.get(f"/api/v1/sites/{slug}/items/a1", headers=key) for slug in ("other", "none")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["error"]["key"] == "wrong_site"


def test_a_key_does_only_what_it_may(visit: Visit) -> None:
    reader, writer = visit.key(("items:read",)), visit.key(("items:write",))
    assert visit.client.get(f"{ITEMS}/a1", headers=reader).status_code == 200
    assert visit.client.put(f"{ITEMS}/a1", json=STORY, headers=writer).status_code == 200
    for answer in (
        visit.client.put(f"{ITEMS}/n1", json=STORY, headers=reader),
        visit.client.delete(f"{ITEMS}/a1", headers=reader),
        visit.client.get(f"{ITEMS}/a1", headers=writer),
        visit.client.get("/api/v1/sites/naba/status", headers=writer),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"]["key"] == "missing_scope"


def test_the_last_use_of_a_key_is_kept_once_a_minute(visit: Visit) -> None:
    key = visit.key()

    def used() -> Any:
        with visit.parts.db.reading() as session:
            return session.get_one(ApiKey, 1).last_used_at

    moments = []
    for later in (0, 30, 90):
        visit.now += timedelta(seconds=later)
        visit.client.get(f"{ITEMS}/a1", headers=key)
        moments.append(used())
    assert moments[0] == moments[1]
    assert moments[2] - moments[0] == timedelta(seconds=120)


def test_the_schema_describes_the_api_and_no_page(visit: Visit) -> None:
    paths = visit.client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/sites/{site}/items/{guid}" in paths
    assert all(path.startswith("/api/") for path in paths)
    assert visit.client.get("/docs").status_code == 404
