"""Readers by the JSON API: found, added, put right, acted on by the many, imported and taken away."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from notifier.imports import acts
from notifier.models import AuditEvent, BulkAct, ConsentEvent, Import, ImportPiece, Subscriber, Suppression, Tag
from tests.web.conftest import POLITICS, Visit, add_site

SITE = "/api/v1/sites/naba"
READERS = f"{SITE}/subscribers"
EDITS = ("subscribers:read", "subscribers:write")


def add(visit: Visit, local: str, **more: Any) -> int:
    body = {"address": f"{local}@example.org", "topics": [POLITICS], "basis": "نموذج الموقع القديم", **more}
    made = visit.client.post(READERS, json=body, headers=visit.key(EDITS))
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def names(page: Any) -> list[str]:
    return [one["address"].partition("@")[0] for one in page.json()["readers"]]


def test_readers_are_listed_page_by_page_the_newest_first(visit: Visit) -> None:
    key = visit.key(EDITS)
    for n in range(5):
        add(visit, f"r{n}")
    first = visit.client.get(f"{READERS}?limit=2", headers=key)
    assert names(first) == ["r4", "r3"]
    second = visit.client.get(f"{READERS}?limit=2&before={first.json()['next']}", headers=key)
    assert names(second) == ["r2", "r1"]
    last = visit.client.get(f"{READERS}?limit=2&before={second.json()['next']}", headers=key)
    assert (names(last), last.json()["next"]) == (["r0"], None)


def test_the_filters_find_whom_they_name_and_a_wrong_one_finds_nobody(visit: Visit) -> None:
    key = visit.key(EDITS)
    add(visit, "a", language="fa")
    two = add(visit, "b")
    visit.client.patch(f"{READERS}/{two}", json={"tags": ["vip"]}, headers=key)
    for query, found in (
        ({"topic": POLITICS}, ["b", "a"]), ({"language": "fa"}, ["a"]), ({"tag": "vip"}, ["b"]),
        ({"state": "suppressed"}, []), ({"since": "2026-07-02"}, []), ({"since": "2026-07-01"}, ["b", "a"]),
    ):  # fmt: skip
        assert names(visit.client.get(READERS, params=query, headers=key)) == found, query
    for wrong in ({"tag": "none"}, {"topic": "category:none"}, {"sate": "active"}, {"since": "x"}, {"language": "tlh"}):
        assert visit.client.get(READERS, params=wrong, headers=key).status_code == 422, wrong


def test_who_may_only_read_sees_masked_addresses_and_cannot_spell_them_out(visit: Visit) -> None:
    reader = add(visit, "layla", name="ليلى")
    onlooker, editor = visit.key(("subscribers:read",)), visit.key(EDITS)
    search = f"{READERS}/search"
    assert names(visit.client.post(search, json={"words": "layla@"}, headers=editor)) == ["layla"]
    assert names(visit.client.post(search, json={"words": "layla@"}, headers=onlooker)) == []
    (found,) = visit.client.post(search, json={"words": "ليلى"}, headers=onlooker).json()["readers"]
    assert "layla@example.org" not in json.dumps(found)
    profile = visit.client.get(f"{READERS}/{reader}", headers=onlooker)
    assert "layla@example.org" not in profile.text
    hashed = profile.json()["address_hash"]
    assert len(visit.client.post(search, json={"words": hashed}, headers=onlooker).json()["readers"]) == 1


def test_a_profile_tells_what_they_get_and_how_they_agreed(visit: Visit) -> None:
    reader = add(visit, "layla", frequency="weekly")
    found = visit.client.get(f"{READERS}/{reader}", headers=visit.key(EDITS)).json()
    (follows,), (agreed,) = found["subscriptions"], found["consent"]
    assert (follows["topic"], follows["frequency"], follows["ended_at"]) == ("سياسة", "weekly", None)
    assert (agreed["action"], agreed["basis"], agreed["about"]) == ("confirmed", "نموذج الموقع القديم", POLITICS)
    assert (found["state"], found["suppression"], found["tags"]) == ("active", None, [])


def test_who_is_asked_gets_a_letter_and_nothing_more_before_they_confirm(visit: Visit) -> None:
    body = {"address": "new@example.org", "topics": [POLITICS], "ask": True}
    asked = visit.client.post(READERS, json=body, headers=visit.key(EDITS))
    assert (asked.status_code, asked.json()) == (202, {"id": None, "asked": True})
    visit.work()
    assert [one.rcpt_to for one in visit.transport.sent] == ["new@example.org"]
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscriber.confirmed_at)).all() == [None]


@pytest.mark.parametrize(
    ("wrong", "key", "field"),
    [
        ({"basis": ""}, "basis_or_ask", ""), ({"ask": True}, "basis_or_ask", ""),
        ({"address": "nobody"}, "invalid_address", "address"),
        ({"topics": ["category:none"]}, "unknown_topics", "topics"), ({"topics": []}, "", "topics"),
        ({"language": "tlh"}, "choice", "language"), ({"name": "\0"}, "characters", "name"),
        ({"frequency": "never"}, "choice", "frequency"), ({"more": 1}, "unknown_field", "more"),
    ],
)  # fmt: skip
def test_a_reader_who_cannot_be_is_refused_with_a_sentence(
    visit: Visit, wrong: dict[str, Any], key: str, field: str
) -> None:
    body = {"address": "a@example.org", "topics": [POLITICS], "basis": "x", **wrong}
    answer = visit.client.post(READERS, json=body, headers={**visit.key(EDITS), "Accept-Language": "ar"})
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert key in {"", told["error"]["key"]}
    assert told["error"]["field"] == field
    assert any("\u0600" <= character <= "\u06ff" for character in told["detail"])
    with visit.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 0


def test_a_suppressed_address_stays_so_until_it_is_lifted_with_a_reason(visit: Visit) -> None:
    key, reader = visit.key(EDITS), add(visit, "layla")
    shut = visit.client.post(f"{READERS}/{reader}/suppress", json={"reason": "asked"}, headers=key).json()
    assert (shut["state"], shut["suppression"]["reason"]) == ("suppressed", "asked")
    body = {"address": "layla@example.org", "topics": [POLITICS], "basis": "x"}
    again = visit.client.post(READERS, json=body, headers=key)
    assert (again.status_code, again.json()["error"]["key"]) == (409, "is_suppressed")
    assert visit.client.post(f"{READERS}/{reader}/lift", json={}, headers=key).status_code == 422
    lifted = visit.client.post(f"{READERS}/{reader}/lift", json={"reason": "a mistake"}, headers=key).json()
    assert (lifted["state"], lifted["suppression"]) == ("active", None)
    ended = visit.client.post(f"{READERS}/{reader}/unsubscribe", json={}, headers=key).json()
    assert ended["state"] == "pending"
    assert all(one["ended_at"] for one in ended["subscriptions"])


def test_a_reader_of_a_suppressed_domain_is_suppressed_with_it(visit: Visit) -> None:
    keys, reader = visit.key((*EDITS, "deliveries:read")), add(visit, "layla")
    shut = visit.client.post(f"{SITE}/suppressions", json={"who": "@example.org", "reason": "moved"}, headers=keys)
    assert shut.status_code in {200, 201}, shut.text
    for state, found in (("suppressed", ["layla"]), ("active", [])):
        listed = visit.client.get(f"{READERS}?state={state}", headers=keys)
        assert names(listed) == found
        assert [one["state"] for one in listed.json()["readers"]] == [state] * len(found)
    told = visit.client.get(f"{READERS}/{reader}", headers=keys).json()
    assert (told["state"], told["suppression"]["reason"], told["suppression"]["is_of_domain"]) == (
        "suppressed", "moved", True,
    )  # fmt: skip
    person = visit.client.post(f"{SITE}/deliveries/search", json={"address": "layla@example.org"}, headers=keys)
    assert person.json()["is_suppressed"] is True
    own = visit.client.post(f"{READERS}/{reader}/suppress", json={"reason": "asked"}, headers=keys).json()
    assert (own["suppression"]["reason"], own["suppression"]["is_of_domain"]) == ("asked", False)


def test_what_is_put_right_is_exactly_what_was_named(visit: Visit) -> None:
    key, reader = visit.key(EDITS), add(visit, "layla", name="Layla", language="en")
    path = f"{READERS}/{reader}"
    changed = visit.client.patch(path, json={"name": " ليلى  حسن ", "tags": ["vip", " old  list "]}, headers=key)
    assert changed.status_code == 200, changed.text
    told = changed.json()
    assert (told["name"], told["language"], told["tags"]) == ("ليلى حسن", "en", ["old list", "vip"])
    told = visit.client.patch(path, json={"language": "ar", "tags": ["vip"]}, headers=key).json()
    assert (told["name"], told["language"], told["tags"]) == ("ليلى حسن", "ar", ["vip"])
    wrong = visit.client.patch(path, json={"time_zone": "Mars/Olympus"}, headers=key)
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "time_zone")
    with visit.parts.db.reading() as session:
        actions = set(session.scalars(select(AuditEvent.actor).where(AuditEvent.action == "reader.edited")))
        assert {one.partition(":")[0] for one in actions} == {"key"}
        assert "layla" not in str([one.detail for one in session.scalars(select(AuditEvent))])


def test_a_reader_of_another_site_is_not_there(visit: Visit) -> None:
    other, reader = add_site(visit.parts, "other"), add(visit, "layla")
    foreign = visit.key(EDITS, site_id=other)
    path = f"/api/v1/sites/other/subscribers/{reader}"
    assert visit.client.get(path, headers=foreign).status_code == 404
    assert visit.client.patch(path, json={"name": "x"}, headers=foreign).status_code == 404
    assert visit.client.post(f"{path}/suppress", json={}, headers=foreign).status_code == 404
    assert visit.client.get(f"{READERS}/{reader}", headers=foreign).status_code == 403


def test_an_act_on_many_is_begun_watched_and_undone(visit: Visit) -> None:
    key, ids = visit.key(EDITS), [add(visit, f"r{n}") for n in range(3)]
    body = {"kind": "tag", "tag": "vip", "search": {"topic": POLITICS}}
    begun = visit.client.post(f"{SITE}/acts", json=body, headers=key)
    assert (begun.status_code, begun.json()["state"]) == (202, "doing")
    path = f"{SITE}/acts/{begun.json()['id']}"
    assert visit.client.post(f"{path}/undo", headers=key).status_code == 409, "it runs"
    visit.work()
    done = visit.client.get(path, headers=key).json()
    assert (done["state"], done["seen"], done["changed"], done["words"]) == ("done", 3, 3, "vip")
    some = {"kind": "unsubscribe", "topic": POLITICS, "ids": ids[:1]}
    visit.client.post(f"{SITE}/acts", json=some, headers=key)
    visit.client.post(f"{SITE}/acts", json={"kind": "untag", "tag": "vip", "ids": ids[1:2]}, headers=key)
    visit.work()
    assert [one["changed"] for one in visit.client.get(f"{SITE}/acts", headers=key).json()["acts"]] == [1, 1, 3]
    assert visit.client.post(f"{path}/undo", headers=key).status_code == 202
    visit.work()
    assert visit.client.get(path, headers=key).json()["state"] == "undone"
    assert visit.client.get(f"{READERS}?tag=vip", headers=key).json()["readers"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "suppress"}, {"kind": "suppress", "ids": [1], "search": {}}, {"kind": "tag", "ids": [1]},
        {"kind": "unsubscribe", "search": {}}, {"kind": "untag", "tag": "none", "ids": [1]},
        {"kind": "tag", "tag": "x", "search": {"tag": "none"}}, {"kind": "tag", "tag": "x", "search": {"sate": "x"}},
        {"kind": "unsubscribe", "topic": "category:none", "search": {}},
    ],
)  # fmt: skip
def test_an_act_that_says_too_little_touches_nobody(visit: Visit, wrong: dict[str, Any]) -> None:
    add(visit, "layla")
    answer = visit.client.post(f"{SITE}/acts", json=wrong, headers=visit.key(EDITS))
    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)
    with visit.parts.db.reading() as session:
        for model in (BulkAct, Tag, Suppression):
            assert session.scalar(select(func.count()).select_from(model)) == 0


LIST = "E-Mail,Nom\nlayla@example.org,ليلى\nnobody,x\nomar@example.org,عمر\n"


def bring(visit: Visit, body: str | bytes = LIST) -> Any:
    data = body.encode() if isinstance(body, str) else body
    kind = {"Content-Type": "text/csv"}
    return visit.client.post(f"{SITE}/imports?name=l.csv", content=data, headers={**visit.key(EDITS), **kind})


def test_a_list_is_brought_tried_taken_in_and_its_bad_rows_told(visit: Visit) -> None:
    key, made = visit.key(EDITS), bring(visit)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["columns"]) == ("draft", ["E-Mail", "Nom"])
    path = f"{SITE}/imports/{made.json()['id']}"
    plan = {"columns": {"email": "E-Mail", "name": "Nom"}, "basis": "نموذج", "topics": [POLITICS], "tag": "old"}
    assert visit.client.post(f"{path}/start", headers=key).status_code == 409, "not before it was tried"
    assert visit.client.put(f"{path}/plan", json=plan, headers=key).status_code == 202
    visit.work()
    tried = visit.client.get(path, headers=key).json()
    assert (tried["state"], tried["counts"]["new"], tried["rejected"]) == ("checked", 2, 1)
    assert visit.client.get(READERS, headers=key).json()["readers"] == []
    assert visit.client.post(f"{path}/start", headers=key).status_code == 202
    visit.work()
    done = visit.client.get(path, headers=key).json()
    assert (done["state"], done["percent"]) == ("done", 100)
    assert sorted(names(visit.client.get(f"{READERS}?tag=old", headers=key))) == ["layla", "omar"]
    rejected = list(
        csv.DictReader(io.StringIO(visit.client.get(f"{path}/rejected", headers=key).text.lstrip("\ufeff")))
    )
    assert [one["line"] for one in rejected] == ["3"]
    assert visit.client.delete(path, headers=key).status_code == 409


def test_a_plan_that_cannot_be_is_refused_and_an_import_can_be_thrown_away(visit: Visit) -> None:
    key, path = visit.key(EDITS), f"{SITE}/imports/{bring(visit).json()['id']}"
    good = {"columns": {"email": "E-Mail"}, "basis": "x", "topics": [POLITICS]}
    bad: list[dict[str, Any]] = [{"columns": {"email": "Nowhere"}}, {"basis": ""}, {"topics": []}, {"topics": ["x:y"]}]
    for wrong in bad:
        answer = visit.client.put(f"{path}/plan", json={**good, **wrong}, headers=key)
        assert (answer.status_code, bool(answer.json()["detail"])) == (422, True), wrong
    assert visit.client.delete(path, headers=key).status_code == 204
    assert visit.client.get(path, headers=key).status_code == 404


def test_an_empty_list_and_one_without_a_key_leave_nothing_behind(visit: Visit) -> None:
    assert bring(visit, b"").status_code == 422
    assert visit.client.post(f"{SITE}/imports", content=LIST.encode()).status_code == 401
    with visit.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_lists_that_wait_are_few_and_go_after_a_month(visit: Visit) -> None:
    first = bring(visit).json()["id"]
    codes = [bring(visit).status_code for _ in range(acts.OPEN_MOST)]
    assert codes == [201] * (acts.OPEN_MOST - 1) + [422]
    key = visit.key(EDITS)
    assert visit.client.delete(f"{SITE}/imports/{first}", headers=key).status_code == 204
    assert bring(visit).status_code == 201
    refused = visit.client.post(f"{SITE}/imports", content=LIST.encode(), headers={**key, "Accept-Language": "he"})
    assert (refused.status_code, "ממתינים" in refused.json()["detail"]) == (422, True)
    visit.now += acts.WAITS
    visit.work()
    with visit.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Import)) == 0
        assert session.scalar(select(func.count()).select_from(ImportPiece)) == 0, "nor their addresses"


def test_who_is_on_a_pause_is_found_and_taken_away(visit: Visit) -> None:
    add(visit, "layla")
    add(visit, "omar")
    with visit.parts.db.writing() as session:
        ours = Subscriber.address == "omar@example.org"
        session.execute(update(Subscriber).where(ours).values(paused_until=visit.now + timedelta(days=3)))
    key = visit.key(("subscribers:read", "subscribers:export"))
    found = visit.client.get(f"{READERS}?state=paused", headers=key).json()["readers"]
    assert [(one["address"], one["state"]) for one in found] == [("omar@example.org", "active")]
    lines = visit.client.get(f"{READERS}/export?format=jsonl&state=paused", headers=key).text.splitlines()
    assert [json.loads(line)["email"] for line in lines] == ["omar@example.org"]


def test_all_readers_are_taken_away_by_who_may_and_a_line_says_so(visit: Visit) -> None:
    add(visit, "layla", name="=1+1")
    add(visit, "omar", language="fa")
    assert visit.client.get(f"{READERS}/export", headers=visit.key(EDITS)).status_code == 403
    key = visit.key(("subscribers:export",))
    answer = visit.client.get(f"{READERS}/export", headers=key)
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(one["email"], one["name"]) for one in rows] == [("layla@example.org", "'=1+1"), ("omar@example.org", "")]
    lines = visit.client.get(f"{READERS}/export?format=jsonl&language=fa", headers=key).text.splitlines()
    assert [json.loads(line)["email"] for line in lines] == ["omar@example.org"]
    for words, found in (("Layla@", ["layla"]), ("omar@example.org", ["omar"]), ("=1+", ["layla"]), ("nobody@", [])):
        body = {"words": words, "format": "jsonl"}
        taken = visit.client.post(f"{READERS}/export", json=body, headers=key).text.splitlines()
        assert [json.loads(line)["email"].partition("@")[0] for line in taken] == found
    assert visit.client.post(f"{READERS}/export", json={"words": "x"}, headers=visit.key(EDITS)).status_code == 403
    assert visit.client.get(f"{READERS}/export?words=layla@", headers=key).status_code == 422, "not in an address"
    with visit.parts.db.reading() as session:
        exported = session.scalars(select(AuditEvent).where(AuditEvent.action == "readers.exported")).all()
        assert [one.actor.partition(":")[0] for one in exported] == ["key"] * 6
        assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 2
