"""What an integrator looks after by the JSON API: issues before they leave, sources, accounts, alarms, the doctor."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier.doctor import Finding, Light
from notifier.feedback import alarms as raising
from notifier.models import Alarm, AuditEvent, Source
from tests.web.conftest import Visit

SITE = "/api/v1/sites/naba"
ISSUES, SOURCES, ACCOUNTS = f"{SITE}/issues", f"{SITE}/sources", f"{SITE}/accounts"
COMPOSES, SETS_UP = ("issues:read", "issues:write"), ("setup:read", "setup:write")
DRAFT = {"title": "هذا الأسبوع", "language": "ar", "intro": "أهلًا", "subjects": ["أول", "ثان"], "items": ["a1", "a2"]}


def draft(visit: Visit, key: dict[str, str]) -> str:
    made = visit.client.post(ISSUES, json=DRAFT, headers=key)
    assert made.status_code == 201, made.text
    return f"{ISSUES}/{made.json()['id']}"


def acts(visit: Visit, about: str) -> list[str]:
    with visit.parts.db.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith(about)).order_by(AuditEvent.id))
        return [one.action for one in rows if one.actor.startswith("key:")]


def test_an_issue_is_put_in_order_looked_at_checked_and_tried(visit: Visit) -> None:
    key = visit.key(COMPOSES)
    path = draft(visit, key)
    told = visit.client.put(f"{path}/items", json={"items": ["a3", "a1"], "pinned": ["a1"]}, headers=key).json()
    assert [(one["guid"], one["is_pinned"]) for one in told] == [("a1", True), ("a3", False)]
    assert visit.client.get(f"{path}/items", headers=key).json() == told
    assert visit.client.get(path, headers=key).json()["items"] == ["a1", "a3"]
    seen = visit.client.get(f"{path}/preview?subject=1", headers=key).json()
    assert (seen["subject"], "خبر أول" in seen["html"], "مباراة" in seen["html"]) == ("ثان", True, False)
    found = visit.client.get(f"{path}/checks", headers={**key, "Accept-Language": "ar"}).json()
    assert {one["key"] for one in found} >= {"size", "subject", "contrast"}
    assert all(one["said"] and one["level"] in {"good", "warn", "bad"} for one in found)
    sent = visit.client.post(f"{path}/test", json={"address": "editor@naba.example"}, headers=key)
    assert (sent.status_code, sent.json()["is_sent"]) == (200, True), sent.text
    assert visit.transport.sent[-1].rcpt_to == "editor@naba.example"
    assert acts(visit, "issue.") == ["issue.created", "issue.items_added", "issue.items_ordered", "issue.tried"]


def test_what_an_issue_cannot_be_is_refused_with_a_sentence(visit: Visit) -> None:
    key = visit.key(COMPOSES)
    path = draft(visit, key)
    for method, door, body, status in (
        ("put", "items", {"items": ["nowhere"]}, 422),
        ("put", "items", {"items": [], "pinned": ["nowhere"]}, 422),
        ("post", "test", {"address": "nobody"}, 422),
        ("post", "test", {}, 422),
        ("get", "preview?language=xx", None, 422),
        ("get", "preview?subject=9", None, 422),
    ):
        answer = visit.client.request(method, f"{path}/{door}", json=body, headers=key)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), (door, answer.text)
    for _ in range(20):
        visit.client.post(f"{path}/test", json={"address": "editor@naba.example"}, headers=key)
    many = visit.client.post(f"{path}/test", json={"address": "editor@naba.example"}, headers=key)
    assert (many.status_code, many.json()["error"]["key"]) == (409, "trials_many")
    assert visit.client.get(f"{ISSUES}/99/preview", headers=key).status_code == 404


def test_a_source_is_listed_paused_resumed_read_and_forgotten(visit: Visit) -> None:
    key = visit.key(SETS_UP)
    with visit.parts.db.writing() as session:
        session.add(
            Source(site_id=visit.site_id, kind="feed", url="https://naba.example/feed", next_poll_at=visit.now,
                   created_at=visit.now, failures=3, last_error="timeout")
        )  # fmt: skip
    (one,) = visit.client.get(SOURCES, headers=key).json()
    assert (one["failures"], one["last_error"], one["is_enabled"], one["brought"]) == (3, "timeout", True, 0)
    path = f"{SOURCES}/{one['id']}"
    assert visit.client.post(f"{path}/pause", headers=key).json()["is_enabled"] is False
    assert visit.client.post(f"{path}/resume", headers=key).json()["failures"] == 0
    assert visit.client.post(f"{path}/poll", headers=key).status_code == 200
    assert visit.client.delete(path, headers=key).status_code == 204
    assert visit.client.get(path, headers=key).status_code == 404
    assert visit.client.delete(path, headers=key).status_code == 404
    assert acts(visit, "source.") == ["source.disabled", "source.enabled", "source.polled", "source.removed"]


def test_a_source_that_cannot_be_read_is_refused_with_why(visit: Visit) -> None:
    key = {**visit.key(SETS_UP), "Accept-Language": "en"}
    for body, field in (
        ({"kind": "feed", "url": "http://127.0.0.1/feed"}, "url"),
        ({"kind": "wordpress", "url": "https://naba.example", "secret_name": "PATH"}, "secret_name"),
        ({"kind": "feed", "url": "ftp://naba.example"}, "url"),
    ):
        answer = visit.client.post(SOURCES, json=body, headers=key)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text


def test_an_account_is_shown_without_its_password_and_tried(visit: Visit) -> None:
    key = visit.key(SETS_UP)
    listed = visit.client.get(ACCOUNTS, headers=key)
    assert "password" not in listed.text
    name = listed.json()[0]["name"]
    assert visit.client.post(f"{ACCOUNTS}/nowhere/test", json={}, headers=key).status_code == 404
    assert visit.client.post(f"{ACCOUNTS}/{name}/test", json={"to": "nobody"}, headers=key).status_code == 422
    tried = visit.client.post(f"{ACCOUNTS}/{name}/test", json={}, headers=key).json()
    assert (tried["is_ready"], bool(tried["said"])) == (False, True), "nobody listens there"
    assert acts(visit, "account.") == ["account.tested"]


def test_an_alarm_is_seen_known_and_ended_with_a_reason(visit: Visit) -> None:
    key = visit.key(("deliveries:read", "deliveries:write"))
    with visit.parts.db.writing() as session:
        row = {"about": f"stream:{visit.site_id}:digest", "count": 4, "detail": "4 of 900 letters"}
        moments = {"raised_at": visit.now, "last_at": visit.now, "window_at": visit.now}
        session.add(Alarm(**row, **moments, halted_until=visit.now + timedelta(hours=1)))
    (one,) = visit.client.get(f"{SITE}/alarms", headers=key).json()
    assert (one["kind"], one["which"], one["letters"], one["is_known"]) == ("stream", "digest", 900, False)
    path = f"{SITE}/alarms/{one['id']}"
    assert visit.client.post(f"{path}/know", headers=key).status_code == 204
    assert visit.client.post(f"{path}/end", json={"reason": "  "}, headers=key).status_code == 422
    assert visit.client.post(f"{path}/end", json={"reason": "the list was cleaned"}, headers=key).status_code == 204
    assert visit.client.post(f"{path}/know", headers=key).status_code == 404
    assert visit.client.get(f"{SITE}/alarms", headers=key).json() == []
    with visit.parts.db.reading() as session:
        assert raising.halted(session, visit.now).streams == frozenset()
    assert acts(visit, "alarm.") == ["alarm.known", "alarm.ended"]


def test_the_doctor_says_the_worst_first_in_the_callers_language(visit: Visit) -> None:
    red = Finding("dmarc", "naba.example", Light.RED, "no record", "Publish one.", "v=DMARC1; p=none")
    visit.without_doctor(Finding("spf", "naba.example", Light.GREEN, "v=spf1 -all"), red)
    told = visit.client.post(f"{SITE}/doctor", headers=visit.key(SETS_UP)).json()
    assert (told["worst"], [one["key"] for one in told["findings"]]) == ("red", ["dmarc", "spf"])
    assert told["findings"][0]["record"] == red.record
    assert acts(visit, "doctor.") == ["doctor.asked"]


@pytest.mark.parametrize("name", ["days", "categories", "domains", "threads"])
def test_the_numbers_of_the_charts_are_told(visit: Visit, name: str) -> None:
    visit.active()
    visit.work()
    told: dict[str, Any] = visit.client.get(f"{SITE}/charts", headers=visit.key(("deliveries:read",))).json()
    assert name in told
    assert len(told["days"]) == 30
    assert told["days"][-1]["sent"] == 1


def test_an_address_or_a_domain_is_barred_found_lifted_brought_and_taken_along(visit: Visit) -> None:
    path = f"{SITE}/suppressions"
    key = visit.key(("subscribers:read", "subscribers:write", "subscribers:export"))
    bar = {"who": "Layla@example.org", "reason": "asked by phone"}
    assert [visit.client.post(path, json=bar, headers=key).status_code for _ in range(2)] == [201, 200]
    found = visit.client.post(f"{path}/search", json={"who": "layla@example.org"}, headers=key)
    assert (found.json()["is_suppressed"], found.json()["suppression"]["reason"]) == (True, "asked by phone")
    assert "layla" not in found.text
    rows = {"rows": [{"who": "@spam.example", "reason": "junk"}, {"who": "omar@example.org"}, {"who": "nobody"}]}
    assert visit.client.post(f"{path}/import", json=rows, headers=key).json() == {"added": 2, "wrong": 1}
    assert len(visit.client.get(path, headers=key).json()["suppressions"]) == 3
    (domain,) = visit.client.get(f"{path}?only=domains", headers=key).json()["suppressions"]
    assert (domain["who"], domain["reason"], domain["source"]) == ("@spam.example", "junk", "import")
    file = visit.client.get(f"{path}/export", headers=key)
    assert file.headers["content-type"].startswith("text/csv")
    assert len(file.text.splitlines()) == 4
    lift = {"who": "layla@example.org", "reason": "she asked"}
    assert visit.client.post(f"{path}/lift", json=lift, headers=key).json()["is_suppressed"] is False
    assert visit.client.post(f"{path}/lift", json=lift, headers=key).status_code == 404
    for door, body in (("", {"who": "nobody"}), ("/search", {"who": "@"}), ("/lift", {"who": "layla@example.org"})):
        assert visit.client.post(path + door, json=body, headers=key).status_code == 422, door
    assert acts(visit, "suppression") == [
        "suppression.added", "suppressions.brought", "suppressions.exported", "suppression.lifted",
    ]  # fmt: skip
