"""Who a site is, and a reader who is forgotten, by the JSON API; and lists that do not tell who left."""

from typing import Any

import pytest
from sqlalchemy import select

from notifier.models import AuditEvent, Site, Subscriber, Suppression
from tests.imports.test_other_programs import LISTMONK
from tests.web.conftest import POLITICS, Visit, add_site

SITE = "/api/v1/sites/naba"
IDENTITY = f"{SITE}/identity"
SETUP = ("setup:read", "setup:write")
READERS = ("subscribers:read", "subscribers:write")


def test_a_site_says_who_it_is_and_what_is_named_is_changed(visit: Visit) -> None:
    key = visit.key(SETUP)
    before = visit.client.get(IDENTITY, headers=key).json()
    assert (before["slug"], before["digest_hour"]) == ("naba", 8)
    new = {"name": " صحيفة النبأ ", "colour": "#7a0f2c", "digits": "arab", "digest_hour": 7, "sends_goodbye": True,
           "origins": ["https://m.naba.example/x"], "sender_address": "letters@naba.example"}  # fmt: skip
    changed = visit.client.put(IDENTITY, json=new, headers=key)
    assert changed.status_code == 200, changed.text
    expected = {**before, **new, "name": "صحيفة النبأ", "origins": ["https://m.naba.example"]}
    assert changed.json() == visit.client.get(IDENTITY, headers=key).json() == expected
    with visit.parts.db.reading() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "site.changed")).all()
    assert line.actor.startswith("key:")
    assert set(line.detail["fields"].split(", ")) == set(new) - {"name"}, "it had that name"


def test_what_a_site_gives_is_taken_back_by_it_unchanged(visit: Visit) -> None:
    key = visit.key(SETUP)
    given = visit.client.get(IDENTITY, headers=key).json()
    sent = {name: one for name, one in given.items() if name not in {"slug", "logo_width", "logo_height"}}
    assert visit.client.put(IDENTITY, json=sent, headers=key).json() == given
    with visit.parts.db.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "site.changed")).all() == []


BAD: dict[str, Any] = {
    "name": " ", "language": "tlh", "time_zone": "Mars/Base", "url": "javascript:1", "sender_address": "nobody",
    "colour": "red", "digest_hour": 24, "digest_weekday": 7, "digits": "roman", "calendar": "maya",
    "origins": ["naba"], "replies_url": "ftp://x", "logo_url": "http://127.0.0.1/logo.png", "tracking": "all",
    "postal_address": "x" * 501, "sender_name": "x" * 201, "pepper": "x",
}  # fmt: skip


@pytest.mark.parametrize("field", BAD)
def test_what_a_site_cannot_be_is_refused_in_the_callers_language(visit: Visit, field: str) -> None:
    key = {**visit.key(SETUP), "Accept-Language": "ar"}
    with visit.parts.db.reading() as session:
        before = session.scalars(select(Site)).one()
    refused = visit.client.put(IDENTITY, json={"sends_goodbye": True, field: BAD[field]}, headers=key)
    assert refused.status_code == 422
    assert any("\u0600" <= character <= "\u06ff" for character in refused.json()["detail"])
    with visit.parts.db.reading() as session:
        after = session.scalars(select(Site)).one()
    assert (after.sends_goodbye, after.name) == (before.sends_goodbye, before.name), "whole or not at all"


def test_a_reader_is_forgotten_by_their_address_and_the_log_says_by_whom(visit: Visit) -> None:
    visit.active("layla@example.org")
    key, path = visit.key(READERS), f"{SITE}/subscribers/erase"
    assert visit.client.post(path, json={"address": "nobody@example.org"}, headers=key).status_code == 404
    assert visit.client.post(path, json={"address": "nobody"}, headers=key).status_code == 422
    assert visit.client.post(path, json={"address": "layla@example.org"}, headers=key).status_code == 204
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscriber)).all() == []
        assert session.scalars(select(Suppression.source)).all() == ["erasure"]
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "reader.erased")).all()
    assert line.actor.startswith("key:")
    assert "layla" not in str(line.detail)


def test_a_reader_of_another_site_is_not_forgotten_from_here(visit: Visit) -> None:
    visit.active("layla@example.org")
    other = visit.key(READERS, site_id=add_site(visit.parts, "other"))
    path = "/api/v1/sites/other/subscribers/erase"
    assert visit.client.post(path, json={"address": "layla@example.org"}, headers=other).status_code == 404
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscriber.address)).all() == ["layla@example.org"]


@pytest.mark.parametrize(
    ("given", "said"), [({}, (True, True)), ({"ask": True}, (True, False)), ({"confirmed": True}, (False, False))]
)
def test_listmonks_list_says_why_it_asks(visit: Visit, given: dict[str, bool], said: tuple[bool, bool]) -> None:
    visit.active("other@example.org")
    key = {**visit.key(READERS), "Accept-Language": "en", "Content-Type": "text/csv"}
    number = visit.client.post(f"{SITE}/imports", content=LISTMONK.encode(), headers=key).json()["id"]
    path = f"{SITE}/imports/{number}"
    plan = {"basis": "x", "topics": [POLITICS], **given}
    told = visit.client.put(f"{path}/plan", json=plan, headers={**key, "Content-Type": "application/json"}).json()
    assert (told["asks"], "listmonk" in told["said"]) == said
    visit.work()
    assert visit.client.get(path, headers=key).json()["counts"] == {"asked" if said[0] else "new": 1}
