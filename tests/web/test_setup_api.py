"""Webhooks, keys and templates by the JSON API."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier import own_templates
from notifier.domain.template_part import PARTS, TemplatePart
from notifier.domain.words import LetterKind
from notifier.models import ApiKey, AuditEvent, Call, Endpoint
from tests.letters.test_own_templates import GOOD, UNREADABLE
from tests.web.conftest import Visit, add_site

SITE = "/api/v1/sites/naba"
HOOKS, KEYS, TEMPLATES = f"{SITE}/webhooks", f"{SITE}/keys", f"{SITE}/templates"
BOTH = ("webhooks:read", "webhooks:write")
WRITES = ("templates:read", "templates:write")
NEW = {"url": "https://naba.example/hooks", "events": ["subscriber.confirmed", "issue.sent"]}
OURS = own_templates.ours(TemplatePart.body(LetterKind.DIGEST))


def test_an_endpoint_is_added_tested_paused_and_removed(visit: Visit) -> None:
    key = visit.key(BOTH)
    made = visit.client.post(HOOKS, json=NEW, headers=key)
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")
    path = f"{HOOKS}/{made.json()['id']}"
    (listed,) = visit.client.get(HOOKS, headers=key).json()
    assert (listed["url"], listed["events"], listed["paused_at"]) == (NEW["url"], NEW["events"], None)
    assert "whsec_" not in visit.client.get(path, headers=key).text, "shown once"
    assert visit.client.post(f"{path}/test", headers=key).status_code == 200
    assert visit.client.post(f"{path}/pause", headers=key).json()["paused_because"] == "owner"
    assert visit.client.post(f"{path}/resume", headers=key).json()["paused_at"] is None
    changed = visit.client.post(f"{path}/secret", headers=key).json()
    assert changed["secret"] != made.json()["secret"]
    assert visit.client.delete(path, headers=key).status_code == 204
    assert visit.client.get(path, headers=key).status_code == 404
    with visit.parts.db.reading() as session:
        lines = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("endpoint."))).all()
    assert [one.removeprefix("endpoint.") for one in lines] == [
        "added", "tested", "disabled", "enabled", "rotated", "removed",
    ]  # fmt: skip


def test_a_call_of_the_log_is_made_again_once_it_has_ended(visit: Visit) -> None:
    key = visit.key(BOTH)
    path = f"{HOOKS}/{visit.client.post(HOOKS, json=NEW, headers=key).json()['id']}"
    visit.client.post(f"{path}/test", headers=key)
    (call,) = visit.client.get(f"{path}/calls", headers=key).json()["calls"]
    assert (call["event"], call["state"]) == ("endpoint.test", "waiting")
    again = f"{path}/calls/{call['id']}/redeliver"
    assert visit.client.post(again, headers=key).status_code == 409, "it waits anyway"
    with visit.parts.db.writing() as session:
        session.scalars(select(Call)).one().state = "given_up"  # type: ignore[assignment]  # a word of its vocabulary
    assert visit.client.post(again, headers=key).json()["state"] == "waiting"
    assert visit.client.post(f"{path}/calls/999/redeliver", headers=key).status_code == 404


def test_a_key_that_may_not_take_readers_away_cannot_have_addresses_told(visit: Visit) -> None:
    body = {**NEW, "with_address": True}
    refused = visit.client.post(HOOKS, json=body, headers=visit.key(BOTH))
    assert (refused.status_code, "subscribers:export" in refused.json()["detail"]) == (403, True)
    assert visit.client.post(HOOKS, json=body, headers=visit.key((*BOTH, "subscribers:export"))).status_code == 201


@pytest.mark.parametrize(
    "wrong", [{"url": "javascript:1"}, {"events": []}, {"events": ["x.y"]}, {"events": ["endpoint.test"]}]
)
def test_a_wrong_endpoint_is_refused(visit: Visit, wrong: dict[str, Any]) -> None:
    answer = visit.client.post(HOOKS, json={**NEW, **wrong}, headers={**visit.key(BOTH), "Accept-Language": "he"})
    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Endpoint)).all() == []


def test_a_key_is_made_with_no_more_than_its_maker_may_and_revoked(visit: Visit) -> None:
    maker = visit.key(("keys:write", "keys:read", "items:read"))
    made = visit.client.post(KEYS, json={"name": "newsroom", "scopes": ["items:read"]}, headers=maker)
    assert made.status_code == 201, made.text
    new = {"Authorization": f"Bearer {made.json()['key']}"}
    assert visit.client.get(f"{SITE}/status", headers=new).status_code == 200
    more = visit.client.post(KEYS, json={"name": "x", "scopes": ["items:read", "items:write"]}, headers=maker)
    assert (more.status_code, "items:write" in more.json()["detail"]) == (403, True)
    assert made.json()["key"] not in visit.client.get(KEYS, headers=maker).text
    revoked = visit.client.delete(f"{KEYS}/{made.json()['id']}", headers=maker)
    assert revoked.json()["revoked_at"]
    assert visit.client.get(f"{SITE}/status", headers=new).status_code == 401
    with visit.parts.db.reading() as session:
        assert len(session.scalars(select(ApiKey)).all()) == 2


def test_a_key_is_replaced_by_one_that_may_all_that_it_may(visit: Visit) -> None:
    maker = visit.key(("keys:write", "keys:read", "items:read"))
    made = visit.client.post(KEYS, json={"name": "newsroom", "scopes": ["items:read"]}, headers=maker).json()
    new = visit.client.post(f"{KEYS}/{made['id']}/replace", headers=maker)
    assert new.status_code == 201, new.text
    for key in (made, new.json()):
        both = visit.client.get(f"{SITE}/status", headers={"Authorization": f"Bearer {key['key']}"})
        assert both.status_code == 200
    ends = {one["id"]: one["ends_at"] for one in visit.client.get(KEYS, headers=maker).json()}
    assert datetime.fromisoformat(ends.pop(made["id"])) == visit.now + timedelta(hours=24)
    assert set(ends.values()) == {None}
    assert visit.client.post(f"{KEYS}/{made['id']}/replace", headers=maker).status_code == 422
    assert visit.client.post(f"{KEYS}/999/replace", headers=maker).status_code == 404


def test_a_key_gets_nothing_from_replacing_one_that_may_more(visit: Visit) -> None:
    visit.key(("subscribers:export",))
    with visit.parts.db.reading() as session:
        greater = session.scalars(select(ApiKey.id)).one()
    answer = visit.client.post(f"{KEYS}/{greater}/replace", headers=visit.key(("keys:write",)))
    assert (answer.status_code, "subscribers:export" in answer.json()["detail"]) == (403, True)
    with visit.parts.db.reading() as session:
        assert session.get_one(ApiKey, greater).ends_at is None


def test_a_key_of_another_site_is_not_revoked_from_here(visit: Visit) -> None:
    other = add_site(visit.parts, "other")
    visit.key(site_id=other)
    with visit.parts.db.reading() as session:
        foreign = session.scalars(select(ApiKey.id).where(ApiKey.site_id == other)).one()
    assert visit.client.delete(f"{KEYS}/{foreign}", headers=visit.key(("keys:write",))).status_code == 404


def test_a_template_is_written_put_in_force_restored_and_taken_back(visit: Visit) -> None:
    key, path = visit.key(WRITES), f"{TEMPLATES}/digest"
    assert visit.client.get(path, headers=key).json() == {"part": "digest", "version": None, "text": OURS, "faults": []}
    first = visit.client.put(path, json={"text": OURS, "note": "first"}, headers=key).json()
    assert (first["in_force"], first["faults"]) == (False, [])
    second = visit.client.put(path, json={"text": OURS + "\n", "in_force": True}, headers=key).json()
    assert visit.client.get(path, headers=key).json()["version"] == second["version"]
    versions = visit.client.get(f"{path}/versions", headers=key).json()["versions"]
    assert [(one["id"], one["is_active"]) for one in versions] == [
        (second["version"], True), (first["version"], False),
    ]  # fmt: skip
    restored = visit.client.post(f"{path}/versions/{first['version']}/restore", headers=key).json()
    assert restored == {"part": "digest", "version": first["version"]}
    assert visit.client.post(f"{TEMPLATES}/alert/versions/{first['version']}/restore", headers=key).status_code == 404
    assert visit.client.delete(path, headers=key).json() == {"part": "digest", "version": None}
    kinds = {one["part"]: one["version"] for one in visit.client.get(TEMPLATES, headers=key).json()}
    assert set(kinds) == {one.name for one in PARTS}
    assert set(kinds.values()) == {None}


def test_a_broken_template_is_kept_as_a_draft_and_never_comes_into_force(visit: Visit) -> None:
    key, path, text = visit.key(WRITES), f"{TEMPLATES}/digest", "<p>{{ settings }}</p>"
    headers = {**key, "Accept-Language": "ar"}
    refused = visit.client.put(path, json={"text": text, "in_force": True}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["faults"]
    assert any("\u0600" <= character <= "\u06ff" for character in refused.json()["faults"][0]["message"])
    assert visit.client.get(f"{path}/versions", headers=key).json()["versions"] == []
    kept = visit.client.put(path, json={"text": text}, headers=key).json()
    assert kept["faults"]
    late = visit.client.post(f"{path}/versions/{kept['version']}/restore", headers=key)
    assert (late.status_code, bool(late.json()["faults"])) == (422, True)


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_template_that_cannot_be_compiled_is_told_by_its_fault(visit: Visit, what: str) -> None:
    key, path, text = visit.key(WRITES), f"{TEMPLATES}/alert", GOOD.replace("HERE", UNREADABLE[what])
    refused = visit.client.put(path, json={"text": text, "in_force": True}, headers=key)
    assert (refused.status_code, "syntax" in {one["rule"] for one in refused.json()["faults"]}) == (422, True)
    kept = visit.client.put(path, json={"text": text}, headers=key).json()
    assert visit.client.get(f"{path}?version={kept['version']}", headers=key).json()["faults"] == kept["faults"]
    assert visit.client.post(f"{path}/preview", json={"text": text}, headers=key).status_code == 422


def test_a_template_is_looked_at_in_a_sandbox(visit: Visit) -> None:
    key, path = visit.key(("templates:read",)), f"{TEMPLATES}/digest/preview"
    shown = visit.client.get(f"{path}?language=ar", headers=key)
    assert (shown.status_code, 'dir="rtl"' in shown.text) == (200, True)
    assert "sandbox" in shown.headers["content-security-policy"]
    assert visit.client.post(path, json={"text": OURS, "language": "en"}, headers=key).status_code == 200
    assert visit.client.post(path, json={"text": "{{ nothing }}"}, headers=key).status_code == 422
    assert visit.client.get(f"{path}?real=true", headers=key).status_code == 404, "no such letter was sent yet"
