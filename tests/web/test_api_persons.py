"""People in the API: whom a comment mentions, and whom the site saw reading; no address is kept of either."""

from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.domain.items import NewItem
from notifier.domain.words import Frequency, ItemKind
from notifier.models import Bookmark, Notice, Subscriber, Topic
from tests.web.conftest import Visit, article

STRANGER = "nobody@example.net"


def items(visit: Visit) -> str:
    flow.ingest_items(visit.parts, visit.site_id, [article("a1")], visit.now)
    return "/api/v1/sites/naba/items"


def reader(visit: Visit, topic: str) -> str:
    """Somebody who follows this; gives the hash of their address."""
    with visit.parts.db.writing() as session:
        if session.scalar(select(Topic.id).where(Topic.name == topic)) is None:
            session.add(Topic(site_id=visit.site_id, name=topic, label=""))
    visit.active(topic=topic, frequency=Frequency.INSTANT)
    with visit.parts.db.reading() as session:
        return session.scalars(select(Subscriber.address_hash)).one()


def comment(**more: Any) -> dict[str, Any]:
    return {"kind": "comment", "article": "a1", "html": "<p>رأي</p>", **more}


@pytest.mark.parametrize("by", ["email", "author"])
def test_a_mentioned_reader_is_owed_the_comment_and_nobody_s_address_is_kept(visit: Visit, by: str) -> None:
    path, hashed = items(visit), reader(visit, "mentions")
    whom = {"email": "Layla@example.org"} if by == "email" else {"author": hashed}
    answer = visit.client.put(f"{path}/c1", json=comment(mentions=[whom, {"email": STRANGER}]), headers=visit.key())
    assert answer.status_code == 201
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Notice.reason)).all() == ["mention"]
    assert STRANGER not in str(visit.rows())


@pytest.mark.parametrize(
    ("kind", "mentions", "key"),
    [
        ("comment", [{}], "mention"),
        ("comment", [{"email": "layla"}], "mention"),
        ("comment", [{"email": "a@b.example", "author": "0" * 64}], "mention"),
        ("comment", [{"author": "z" * 64}], "pattern"),
        ("comment", ["@layla"], "not_an_object"),
        ("comment", [{"email": "a@b.example"}] * 51, "too_many_values"),
        ("article", [{"email": "a@b.example"}], "not_a_comment"),
    ],
)
def test_a_mention_that_cannot_be_meant_is_refused_with_a_sentence(
    visit: Visit, kind: str, mentions: list[Any], key: str
) -> None:
    path = items(visit)
    body = comment(mentions=mentions) if kind == "comment" else {"kind": kind, "title": "خبر", "mentions": mentions}
    answer = visit.client.put(f"{path}/x", json=body, headers=visit.key())
    assert (answer.status_code, answer.json()["error"]["key"]) == (422, key)
    assert answer.json()["error"]["message"]
    assert "layla" not in answer.text.replace("@layla", "")


def bookmark(visit: Visit) -> Bookmark:
    with visit.parts.db.reading() as session:
        return session.scalars(select(Bookmark)).one()


def test_a_visit_makes_letters_prompt_again_and_keeps_no_address(visit: Visit) -> None:
    items(visit)
    reader(visit, "thread:a1")
    flow.ingest_items(
        visit.parts, visit.site_id, [NewItem(ItemKind.COMMENT, "c1", html="<p>رأي</p>", article_guid="a1")], visit.now
    )
    flow.bundle_notices(visit.parts, visit.now)
    with visit.parts.db.writing() as session:
        session.scalars(select(Bookmark)).one().unanswered = 4
    path = "/api/v1/sites/naba/visits"
    others = [("a1", STRANGER), ("a2", "layla@example.org"), ("a1", "no address")]
    body: dict[str, list[dict[str, str]]] = {
        "visits": [{"article": guid, "email": address} for guid, address in others]
    }
    assert visit.client.post(path, json=body, headers=visit.key()).status_code == 204
    assert bookmark(visit).unanswered == 4, "that was somebody else, or elsewhere"
    body["visits"].append({"article": "a1", "email": "Layla@example.org"})
    answer = visit.client.post(path, json=body, headers=visit.key())
    assert (answer.status_code, answer.content) == (204, b"")
    assert (bookmark(visit).unanswered, bookmark(visit).alive_at) == (0, visit.now)
    assert STRANGER not in str(visit.rows())


def test_only_a_key_that_may_write_tells_of_visits(visit: Visit) -> None:
    path = "/api/v1/sites/naba/visits"
    body: dict[str, list[str]] = {"visits": []}
    assert visit.client.post(path, json=body).status_code == 401
    assert visit.client.post(path, json=body, headers=visit.key(("items:read",))).status_code == 403
    many = {"visits": [{"article": "a1", "email": "a@b.example"}] * 501}
    assert visit.client.post(path, json=many, headers=visit.key()).status_code == 422
    assert visit.client.get(path, headers=visit.key()).status_code == 405
