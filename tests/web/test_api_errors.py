"""Whatever a program sends, it gets an answer of one shape, in its language, and nothing is stored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.conftest import Visit

ITEM = "/api/v1/sites/naba/items/n1"
STORY: dict[str, Any] = {"kind": "article", "title": "خبر"}
COMMENT: dict[str, Any] = {"kind": "comment", "html": "<p>!</p>"}
JSON = {"Content-Type": "application/json"}

BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "video"}, "choice", "kind"),
    ({"kind": None}, "choice", "kind"),
    ({"title": 7}, "type", "title"),
    ({"title": "ع" * 1001}, "too_long", "title"),
    ({"title": "صفر\0"}, "characters", "title"),
    ({"html": "\0"}, "characters", "html"),
    ({"categories": "سياسة"}, "type", "categories"),
    ({"categories": ["\0"]}, "characters", "categories.0"),
    ({"categories": [""]}, "empty", "categories.0"),
    ({"categories": ["س"] * 51}, "too_many_values", "categories"),
    ({"version": "3"}, "type", "version"),
    ({"version": 0}, "range", "version"),
    ({"version": True}, "type", "version"),
    ({"version": 2**63}, "range", "version"),
    ({"version": 1.5}, "type", "version"),
    ({"announce": "yes"}, "type", "announce"),
    ({"state": "gone"}, "choice", "state"),
    ({"url": "javascript:alert(1)"}, "url", "url"),
    ({"url": "https://naba.example/\nx"}, "url", "url"),
    ({"image": {"url": "data:image/png;base64,AA"}}, "url", "image.url"),
    ({"image": "https://naba.example/a.jpg"}, "not_an_object", "image"),
    ({"language": "عربي"}, "pattern", "language"),
    ({"published_at": "2026-07-01T08:00:00"}, "naive_datetime", "published_at"),
    ({"published_at": "أمس"}, "datetime", "published_at"),
    ({"published_at": 1782864000}, "datetime", "published_at"),
    ({"published_at": "0001-01-01T00:00:00+14:00"}, "range", "published_at"),
    ({"published_at": "9999-12-31T23:59:59-14:00"}, "range", "published_at"),
    ({"facts": {"note": "ش" * 3000}}, "facts", "facts"),
    ({"facts": {"a": {"b": ["\0"]}}}, "facts", "facts"),
    ({"facts": [1]}, "type", "facts"),
    ({"author": {"name": "س", "phone": "1"}}, "unknown_field", "author.phone"),
    ({"colour": "red"}, "unknown_field", "colour"),
    ({"article": "a1"}, "not_a_comment", ""),
    ({"guid": "other"}, "guid_differs", "guid"),
]


def test_a_field_that_cannot_be_right_is_422_and_named(visit: Visit) -> None:
    before, headers = visit.rows()["items"], {**visit.key(), "Accept-Language": "ar"}
    for change, key, field in BAD_FIELDS:
        answer = visit.client.put(ITEM, json={**STORY, **change}, headers=headers)
        assert answer.status_code == 422, change
        error = answer.json()["error"]
        assert (error["key"], error["field"]) == (key, field), change
        assert any("ء" <= character <= "ي" for character in error["message"])
        assert "{" not in error["message"]
    assert visit.rows()["items"] == before


def test_a_comment_needs_its_article(visit: Visit) -> None:
    answer = visit.client.put(ITEM, json=COMMENT, headers=visit.key())
    assert (answer.status_code, answer.json()["error"]["key"]) == (422, "needs_article")


BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"{", 400, "json"),
    (b"", 422, "missing"),
    (b"[]", 422, "type"),
    (b"null", 422, "type"),
    (b'"text"', 422, "type"),
    (b"\xff\xfe{}", 400, "json"),
    (b'{"a":"\xff"}', 400, "bad_request"),
    (b"[" * 100_000, 400, "bad_request"),
    (b'{"kind":"article","version":' + b"9" * 5000 + b"}", 400, "bad_request"),
    (b'{"kind":"article","title":"\\ud800"}', 422, "characters"),
    (b'{"kind":"article","facts":{"a":"\\udc00"}}', 422, "facts"),
    (b'{"kind":"article","facts":{"\\ud800":1}}', 422, "facts"),
    (b'{"kind":"article","facts":{"a":NaN}}', 422, "facts"),
    (b'{"kind":"article","language":"\\ud800"}', 422, "characters"),
    (b'{"kind":"article","\\ud800":1}', 422, "characters"),
    (b'{"kind":"article","guid":"\\ud800"}', 422, "guid_differs"),
]


def test_a_body_that_cannot_be_read_is_refused(visit: Visit) -> None:
    headers = {**visit.key(), **JSON}
    for body, status, expected in BAD_BODIES:
        answer = visit.client.put(ITEM, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["key"]) == (status, expected), body[:60]


def test_json_that_does_not_say_so_is_refused(visit: Visit) -> None:
    body = json.dumps(STORY).encode()
    answer = visit.client.put(ITEM, content=body, headers={**visit.key(), "Content-Type": "text/plain"})
    assert answer.status_code == 422


@pytest.mark.parametrize("guid", ["%00", "a%00b", "g" * 501, "%20a", "%E2%80%AEx"])
def test_a_guid_that_cannot_be_kept_is_refused(visit: Visit, guid: str) -> None:
    key, path = visit.key(), f"/api/v1/sites/naba/items/{guid}"
    assert visit.client.put(path, json=STORY, headers=key).status_code == 422
    assert visit.client.get(path, headers=key).status_code == 404
    assert visit.client.delete(path, headers=key).status_code == 404


@pytest.mark.parametrize("is_chunked", [False, True])
def test_five_megabytes_are_413_and_not_read_to_the_end(visit: Visit, *, is_chunked: bool) -> None:
    taken = []

    def parts() -> Iterator[bytes]:
        for _ in range(50):
            taken.append(1)
            yield b"x" * 100_000

    body: Any = parts() if is_chunked else b"x" * 5_000_000
    answer = visit.client.put(ITEM, content=body, headers={**visit.key(), **JSON, "Accept-Language": "fa"})
    assert answer.status_code == 413
    assert answer.json()["error"]["key"] == "too_large"
    assert "1000000" in answer.json()["error"]["message"]


def test_an_error_speaks_the_caller_s_language(visit: Visit) -> None:
    key = visit.key()
    for header, word in (
        ("ar-IQ,en;q=0.5", "المعرّف"),
        ("fa", "شناسه"),
        ("en-GB", "guid"),
        ("de", "guid"),
        ("", "guid"),
    ):
        answer = visit.client.get(ITEM, headers={**key, "Accept-Language": header})
        assert word in answer.json()["error"]["message"]


def test_an_unknown_path_and_a_wrong_method_have_the_same_shape(visit: Visit) -> None:
    for answer, status in (
        (visit.client.get("/api/v1/nothing"), 404),
        (visit.client.patch(ITEM), 405),
    ):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"key", "message", "field"}


def test_an_error_of_ours_tells_nothing_of_the_inside(visit: Visit) -> None:
    visit.parts.db.engine.dispose()
    key = visit.key()
    with visit.parts.db.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE items RENAME TO moved")
    answer = visit.client.get(ITEM, headers={**key, "Accept-Language": "en"})
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "key": "internal",
        "message": "Something went wrong on our side. Please try again in a while.",
        "field": "",
    }


@pytest.mark.parametrize("path", ["issues/{}", "issues?before={}", "issues/{}/progress", "issues/{}/pause"])
def test_a_number_that_no_row_can_have_is_no_fault_of_ours(visit: Visit, path: str) -> None:
    key = visit.key(("issues:read", "issues:write"))
    url = f"/api/v1/sites/naba/{path.format(10**20)}"
    answer = (visit.client.post if path.endswith("pause") else visit.client.get)(url, headers=key)
    assert answer.status_code == 422, "a bound of the number, as elsewhere in the API"
    assert visit.client.post(f"/hooks/wordpress/{10**20}").status_code in {401, 404}
