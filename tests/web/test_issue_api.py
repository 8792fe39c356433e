"""Issues by the JSON API: composed, sent and stopped by a key that may."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event, select

from notifier.desk.tagging import retag
from notifier.models import AuditEvent
from tests.web.conftest import POLITICS, Visit, add_site

ISSUES = "/api/v1/sites/naba/issues"
ISSUE: dict[str, Any] = {"title": "رسالة", "language": "ar", "intro": "مرحبًا **بكم**", "items": ["a1", "a2"]}
BOTH = ("issues:write", "issues:read")


def test_the_whole_way_of_an_issue(visit: Visit) -> None:
    visit.active("layla@example.org")
    visit.transport.sent.clear()
    key = visit.key(BOTH)
    made = visit.client.post(ISSUES, json=ISSUE, headers=key)
    assert made.status_code == 201, made.text
    path = f"{ISSUES}/{made.json()['id']}"
    changed = visit.client.put(path, json={**ISSUE, "title": "أخرى", "items": ["a3", "a1"]}, headers=key).json()
    assert (changed["title"], changed["items"], changed["state"]) == ("أخرى", ["a3", "a1"], "draft")
    assert visit.client.get(f"{path}/count", headers=key).json() == {"readers": 1}
    sent = visit.client.post(f"{path}/schedule", json={}, headers=key)
    assert (sent.status_code, sent.json()["state"]) == (200, "scheduled")
    visit.work()
    assert [one.rcpt_to for one in visit.transport.sent] == ["layla@example.org"]
    progress = visit.client.get(f"{path}/progress", headers=key).json()
    assert (progress["planned"], progress["sent"], progress["queued"]) == (1, 1, 0)
    copy = visit.client.post(f"{path}/duplicate", headers=key).json()
    assert (copy["title"], copy["state"], copy["id"] != made.json()["id"]) == ("أخرى", "draft", True)
    assert len(visit.client.get(ISSUES, headers=key).json()) == 2
    with visit.parts.db.reading() as session:
        actors = set(session.scalars(select(AuditEvent.actor).where(AuditEvent.action.startswith("issue."))))
    assert len(actors) == 1
    assert actors.pop().startswith("key:")


def test_it_is_scheduled_paused_and_cancelled(visit: Visit) -> None:
    key = visit.key(BOTH)
    path = f"{ISSUES}/{visit.client.post(ISSUES, json=ISSUE, headers=key).json()['id']}"
    local = visit.client.post(f"{path}/schedule", json={"local": "2026-07-02T08:00:00"}, headers=key)
    assert local.json()["local_at"].startswith("2026-07-02T08:00")
    assert visit.client.post(f"{path}/unschedule", headers=key).json()["state"] == "draft"
    visit.client.post(f"{path}/schedule", json={"at": "2026-07-02T08:00:00+03:00"}, headers=key)
    early = visit.client.post(f"{path}/pause", headers=key)
    assert (early.status_code, early.json()["error"]["key"]) == (409, "state")
    assert visit.client.post(f"{path}/cancel", headers=key).json()["state"] == "cancelled"
    late = visit.client.put(path, json=ISSUE, headers={**key, "Accept-Language": "ar"})
    assert (late.status_code, late.json()["error"]["key"]) == (409, "closed")
    assert "نسخه لإرسال غيره" in late.json()["error"]["message"]


def test_words_and_articles_are_written_anew_in_one_act(visit: Visit) -> None:
    key = visit.key(BOTH)
    path = f"{ISSUES}/{visit.client.post(ISSUES, json=ISSUE, headers=key).json()['id']}"
    visit.client.put(f"{path}/items", json={"items": ["a1", "a2"], "pinned": ["a2"]}, headers=key)
    new = {**ISSUE, "title": "أخرى", "items": ["a3", "a1", "a2"]}
    changed = visit.client.put(path, json=new, headers=key).json()
    assert (changed["title"], changed["items"]) == ("أخرى", ["a2", "a3", "a1"]), "what was pinned stays so"
    with visit.parts.db.reading() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("issue.")).offset(3)).all()
    assert (line.action, line.detail) == ("issue.changed", {"issue": 1, "items": 3})


def test_where_the_articles_cannot_be_written_the_words_are_not_either(visit: Visit) -> None:
    key = visit.key(BOTH)
    path = f"{ISSUES}/{visit.client.post(ISSUES, json=ISSUE, headers=key).json()['id']}"
    before = visit.client.get(path, headers=key).json()

    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO issue_items"):
            raise RuntimeError(statement)

    event.listen(visit.parts.db.engine, "before_cursor_execute", fail)
    try:
        with suppress(RuntimeError):
            visit.client.put(path, json={**ISSUE, "title": "أخرى", "items": ["a3"]}, headers=key)
    finally:
        event.remove(visit.parts.db.engine, "before_cursor_execute", fail)
    assert visit.client.get(path, headers=key).json() == before


def test_a_winner_says_whether_it_is_known(visit: Visit) -> None:
    key = visit.key(BOTH)
    made = visit.client.post(ISSUES, json={**ISSUE, "subjects": ["أ", "ب"]}, headers=key).json()
    path = f"{ISSUES}/{made['id']}"
    assert (made["winner"], made["is_winner_known"]) == (None, False)
    visit.client.post(f"{path}/schedule", json={}, headers=key)
    chosen = visit.client.post(f"{path}/winner", json={"subject": 1}, headers=key).json()
    assert (chosen["winner"], chosen["is_winner_known"]) == (1, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"language": "tlh"}, {"cover_url": "javascript:alert(1)"}, {"items": ["nowhere"]}, {"extra": 1},
        {"sample_percent": 99}, {"audience": {"joined_days": -1}}, {"subjects": ["a"] * 6}, {"title": "\0"},
        {"audience": {"languages": ["xx"]}}, {"audience": {"languages": ["AR"]}}, {"audience": {"tags": ["\0"]}},
        {"audience": {"sources": ["old-list"]}}, {"audience": {"tags": "vip"}},
    ],
)  # fmt: skip
def test_a_wrong_issue_is_refused(visit: Visit, wrong: dict[str, Any]) -> None:
    answer = visit.client.post(ISSUES, json={**ISSUE, **wrong}, headers=visit.key(BOTH))
    assert answer.status_code in {400, 422}
    assert answer.json()["error"]["message"]
    assert visit.client.get(ISSUES, headers=visit.key(BOTH)).json() == []


def test_a_moment_needs_its_offset_and_a_wall_clock_has_none(visit: Visit) -> None:
    key = visit.key(BOTH)
    path = f"{ISSUES}/{visit.client.post(ISSUES, json=ISSUE, headers=key).json()['id']}/schedule"
    for body in ({"at": "2026-07-02T08:00:00"}, {"local": "2026-07-02T08:00:00+03:00"}, {"at": "2020-01-01T00:00:00Z"}):
        assert visit.client.post(path, json=body, headers=key).status_code == 422, body


def test_each_key_opens_what_it_may_and_its_own_site_alone(visit: Visit) -> None:
    other = add_site(visit.parts, "other")
    path = f"{ISSUES}/{visit.client.post(ISSUES, json=ISSUE, headers=visit.key(BOTH)).json()['id']}"
    for key in (visit.key(("issues:read",)), visit.key(("items:write", "items:read"))):
        assert visit.client.post(f"{path}/schedule", json={}, headers=key).status_code == 403
    assert visit.client.get(path, headers=visit.key(("issues:read",))).status_code == 200
    assert visit.client.get(path, headers=visit.key(("items:read",))).status_code == 403
    foreign = visit.key(BOTH, site_id=other)
    assert visit.client.get(path, headers=foreign).status_code == 403
    assert visit.client.get(path.replace("naba", "other"), headers=foreign).status_code == 404
    assert visit.client.post(f"{path.replace('naba', 'other')}/pause", headers=foreign).status_code == 404


def test_an_audience_is_kept_as_it_was_given(visit: Visit) -> None:
    audience = {
        "topics": [POLITICS], "languages": ["ar", "ar-EG"], "sources": ["form", "mailchimp"], "alive_days": 30,
        "tags": ["معرض 2026"],
    }  # fmt: skip
    key = visit.key(BOTH)
    made = visit.client.post(ISSUES, json={**ISSUE, "audience": audience}, headers=key).json()
    assert made["audience"] == audience
    path = f"{ISSUES}/{made['id']}"
    reader = visit.active("layla@example.org")
    assert visit.client.get(f"{path}/count", headers=key).json() == {"readers": 0}
    wider = {**ISSUE, "audience": {"topics": [POLITICS], "tags": ["معرض 2026"]}}
    assert visit.client.put(path, json=wider, headers=key).json()["audience"] == wider["audience"]
    with visit.parts.db.writing() as session:
        retag(session, visit.site_id, reader, ["معرض 2026"], visit.now)
    assert visit.client.get(f"{path}/count", headers=key).json() == {"readers": 1}


def test_what_is_listed_can_be_written_back_and_loses_nothing(visit: Visit) -> None:
    key = visit.key(BOTH)
    for items in (["a2", "a1", "a3"], ["a3"], []):
        visit.client.post(ISSUES, json={**ISSUE, "items": items}, headers=key)
    statements = list[str]()

    def note(*args: Any) -> None:
        statements.append(args[2])

    event.listen(visit.parts.db.engine, "before_cursor_execute", note)
    listed = visit.client.get(ISSUES, headers=key).json()
    event.remove(visit.parts.db.engine, "before_cursor_execute", note)
    assert [one["items"] for one in listed] == [[], ["a3"], ["a2", "a1", "a3"]]
    assert sum("issue_items" in one for one in statements) == 1, "one question, however many issues"
    for one in listed:
        body = {name: one[name] for name in (*ISSUE, "audience", "subjects")}
        back = visit.client.put(f"{ISSUES}/{one['id']}", json=body, headers=key).json()
        assert {**back, "changed_at": one["changed_at"]} == one
