"""What became of letters, and what goes out next, by the JSON API."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from notifier import flow
from notifier.domain.outcome import Refused
from notifier.models import AuditEvent
from tests.web.conftest import Visit, article

SITE = "/api/v1/sites/naba"
SENDS, CALENDAR = f"{SITE}/deliveries", f"{SITE}/calendar"
BOTH = ("deliveries:read", "deliveries:write")
TOMORROW = "daily/20260702T0500Z"
"""Eight in the morning in Baghdad."""


def alert(visit: Visit) -> str:
    """A story to three readers, the first of whom is refused; gives the send's name."""
    for name in ("layla", "huda", "omar"):
        visit.active(f"{name}@example.org", frequency="instant")
    visit.transport.outcomes["layla@example.org"] = Refused("554 5.3.4 too big for layla@example.org", forever=True)
    (receipt,) = flow.ingest_items(visit.parts, visit.site_id, [article("news", title="خبر عاجل")], visit.now)
    visit.work()
    return f"alert-{receipt.item_id}"


def get(visit: Visit, path: str, key: dict[str, str]) -> Any:
    answer = visit.client.get(path, headers=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_send_is_found_looked_into_and_what_failed_is_tried_again(visit: Visit) -> None:
    send, key = alert(visit), visit.key((*BOTH, "subscribers:export"))
    (listed,) = [one for one in get(visit, SENDS, key)["sends"] if one["kind"] == "alert"]
    assert listed == get(visit, f"{SENDS}/{send}", key)
    assert (listed["send"], listed["title"]) == (send, "خبر عاجل")
    assert (listed["planned"], listed["sent"], listed["failed"], listed["open"]) == (3, 2, 1, 0)
    (failed,) = get(visit, f"{SENDS}/{send}/letters?state=failed", key)["letters"]
    assert (failed["address"], "554" in failed["server_said"]) == ("layla@example.org", True)
    assert len(get(visit, f"{SENDS}/{send}/letters", key)["letters"]) == 3
    letters = {"letters": [failed["id"]]}
    dry = visit.client.post(f"{SENDS}/{send}/retry", json={**letters, "dry_run": True}, headers=key)
    assert dry.json() == {"letters": 1, "is_dry": True}
    del visit.transport.outcomes["layla@example.org"]
    assert visit.client.post(f"{SENDS}/{send}/retry", json=letters, headers=key).json()["letters"] == 1
    again = visit.client.post(f"{SENDS}/{send}/retry", json=letters, headers=key).json()
    assert again["letters"] == 0, "it waits: twice is as once"
    visit.now += timedelta(minutes=1)
    visit.work()
    assert get(visit, f"{SENDS}/{send}", key)["sent"] == 3


def test_a_person_is_found_by_address_by_a_key_that_sees_addresses(visit: Visit) -> None:
    alert(visit)
    body = {"address": "Layla@example.org"}
    small = visit.client.post(f"{SENDS}/search", json=body, headers=visit.key(BOTH))
    assert (small.status_code, small.json()["error"]["key"]) == (403, "missing_scope")
    key = visit.key((*BOTH, "subscribers:export"))
    told = visit.client.post(f"{SENDS}/search", json=body, headers=key).json()
    assert [(one["kind"], one["state"]) for one in told["letters"]] == [("alert", "failed"), ("confirm", "sent")]
    nobody = visit.client.post(f"{SENDS}/search", json={"address": "nobody@example.org"}, headers=key)
    assert (nobody.status_code, nobody.json()["error"]["field"]) == (404, "address")
    assert visit.client.post(f"{SENDS}/search", json={"address": "nobody"}, headers=key).status_code == 422
    with visit.parts.db.reading() as session:
        noted = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("subscriber."))).all()
    assert noted == ["subscriber.sought", "subscriber.letters_seen", "subscriber.sought"]


def test_a_key_without_readers_sees_no_address(visit: Visit) -> None:
    send = alert(visit)
    text = visit.client.get(f"{SENDS}/{send}/letters?state=failed", headers=visit.key(BOTH)).text
    assert '"state":"failed"' in text
    assert "@" not in text


def test_what_is_not_there_is_said(visit: Visit) -> None:
    key = visit.key(BOTH)
    for path in ("/digest-99", "/nothing", "/digest-99/letters", "/reply-2026-99-99"):
        assert visit.client.get(SENDS + path, headers=key).status_code == 404
    assert visit.client.get(f"{SENDS}/{alert(visit)}/letters?state=lost", headers=key).status_code == 422


def test_a_digest_is_looked_into_arranged_held_and_released(visit: Visit) -> None:
    key = visit.key(BOTH)
    visit.active()
    flow.ingest_items(visit.parts, visit.site_id, [article("n1"), article("n2"), article("n3")], visit.now)
    daily = [one for one in get(visit, CALENDAR, key)["digests"] if one["frequency"] == "daily"]
    assert (daily[0]["slot"], daily[0]["readers"], daily[0]["articles"]) == (TOMORROW, 1, 3)
    path = f"{CALENDAR}/{TOMORROW}"
    assert {one["fate"] for one in get(visit, path, key)["articles"]} == {"in"}
    wanted = {"pinned": ["n2", "n1"], "postponed": ["n3"]}
    told = visit.client.put(path, json=wanted, headers=key).json()
    assert [(one["guid"], one["fate"], one["position"]) for one in told["articles"][:2]] == [
        ("n2", "in", 1), ("n1", "in", 2),
    ]  # fmt: skip
    assert {one["guid"]: one["fate"] for one in told["articles"]}["n3"] == "postponed"
    assert "خبر أول" in get(visit, f"{path}/letter?language=en", key)["html"]
    assert visit.client.post(f"{path}/hold", headers=key).json()["is_held"] is True
    assert visit.client.post(f"{path}/release", headers=key).json()["is_held"] is False
    assert get(visit, CALENDAR, key)["digests"][0].keys() >= {"is_held", "is_arranged"}


def test_what_cannot_be_arranged_is_refused_with_a_sentence(visit: Visit) -> None:
    key = {**visit.key(BOTH), "Accept-Language": "ar"}
    visit.active()
    path = f"{CALENDAR}/{TOMORROW}"
    unknown = visit.client.put(path, json={"pinned": ["a1", "nowhere"]}, headers=key)
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (422, "pinned.1")
    assert visit.client.put(f"{CALENDAR}/daily/20261399T0500Z", json={}, headers=key).status_code == 404
    assert visit.client.get(f"{CALENDAR}/daily/tomorrow", headers=key).status_code == 422
    assert visit.client.get(f"{path}/letter?topic=nothing", headers=key).status_code == 409
    visit.now = visit.now.replace(hour=5) + timedelta(days=1, seconds=5)
    flow.open_runs(visit.parts, visit.now)
    visit.work()
    late = visit.client.post(f"{path}/hold", headers=key)
    assert (late.status_code, "النشرة" in late.json()["detail"]) == (409, True)
