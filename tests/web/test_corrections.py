"""A correction asked for over the API."""

from notifier import flow
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from tests.web.conftest import POLITICS, Visit

PATH = "/api/v1/sites/naba/items/https://naba.example/?p=7/corrections"
NOTE = {"note": "الصواب أن الجلسة تأجلت."}


def publish(visit: Visit, title: str) -> None:
    item = NewItem(ItemKind.ARTICLE, "7", title=title, html="<p>نص</p>", categories=("سياسة",))
    flow.ingest_items(visit.parts, visit.site_id, [item], visit.now)
    visit.work()


def test_it_counts_first_then_sends_and_does_so_once(visit: Visit) -> None:
    visit.active(topic=POLITICS, frequency="instant")
    publish(visit, "الجلسة عقدت")
    publish(visit, "الجلسة تأجلت")
    path, key = "/api/v1/sites/naba/items/7/corrections", visit.key()
    looked = visit.client.post(path, json={**NOTE, "dry_run": True}, headers=key)
    assert (looked.status_code, looked.json()["outcome"], looked.json()["readers"]) == (200, "counted", {"ar": 1})
    before = len(visit.transport.sent)
    made = visit.client.post(path, json=NOTE, headers=key)
    assert (made.status_code, made.json()["outcome"], made.json()["count"]) == (201, "created", 1)
    visit.work()
    again = visit.client.post(path, json=NOTE, headers=key)
    visit.work()
    assert (again.status_code, again.json()["outcome"], again.json()["count"]) == (200, "unchanged", 0)
    assert len(visit.transport.sent) == before + 1
    assert "«الجلسة عقدت»" in visit.mail_text(-1)


def test_it_says_what_cannot_be_corrected(visit: Visit) -> None:
    key = visit.key()
    publish(visit, "الجلسة عقدت")
    for guid, body, status, word in (
        ("8", NOTE, 404, "unknown_item"),
        ("7", NOTE, 409, "not_changed"),
        ("7", {**NOTE, "version": 5}, 422, "unknown_version"),
        ("7", {"note": "  "}, 422, "no_note"),
        ("7", {}, 422, "missing"),
        ("7", {"note": "x" * 2001}, 422, "too_long"),
        ("7", {"note": "a\u0000b"}, 422, "characters"),
    ):
        answer = visit.client.post(f"/api/v1/sites/naba/items/{guid}/corrections", json=body, headers=key)
        assert (answer.status_code, answer.json()["error"]["key"]) == (status, word)


def test_a_key_that_may_only_read_sends_none(visit: Visit) -> None:
    publish(visit, "الجلسة عقدت")
    answer = visit.client.post(
        "/api/v1/sites/naba/items/7/corrections", json=NOTE, headers=visit.key(scopes=("items:read",))
    )
    assert answer.status_code == 403


def test_a_guid_may_be_an_address(visit: Visit) -> None:
    answer = visit.client.post(PATH.replace("?", "%3F"), json=NOTE, headers=visit.key())
    assert (answer.status_code, answer.json()["error"]["key"]) == (404, "unknown_item")
