"""A site's webhook over HTTP: it makes notifier look, once, and no more often than is polite."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier import polling
from notifier.domain.webhook import Hook, sign
from notifier.domain.words import SourceKind
from notifier.models import Site, Source
from notifier.polling.hook import key_of
from notifier.sites import add_source
from tests.web.conftest import NOW, Visit


@pytest.fixture
def source(visit: Visit) -> int:
    """A WordPress that was looked at a minute ago and is not due."""
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        made = add_source(session, site, SourceKind.WORDPRESS, "https://naba.example/wp-json/", NOW)
        made.next_poll_at, made.last_polled_at = NOW + timedelta(hours=1), NOW - timedelta(minutes=1)
        return made.id


def send(visit: Visit, source: int, name: str = "msg_1", body: bytes = b"{}", signature: str = "") -> int:
    hook = Hook(name, int(visit.now.timestamp()))
    signed = {
        "webhook-id": hook.id,
        "webhook-timestamp": str(hook.timestamp),
        "webhook-signature": signature or sign(key_of(visit.parts, source), hook, body),
    }
    found = visit.client.post(f"/hooks/wordpress/{source}", content=body, headers=signed)
    return int(found.status_code)


def row(visit: Visit, source: int) -> Source:
    with visit.parts.db.reading() as session:
        return session.get_one(Source, source)


def test_a_signed_request_makes_it_due_once(visit: Visit, source: int) -> None:
    assert send(visit, source) == 202
    assert row(visit, source).next_poll_at == visit.now
    with visit.parts.db.writing() as session:
        session.execute(update(Source).values(next_poll_at=NOW + timedelta(hours=1)))
    assert send(visit, source) == 202
    assert row(visit, source).next_poll_at == NOW + timedelta(hours=1), "a replay does nothing"


def test_whatever_is_not_signed_changes_nothing_and_tells_nothing(visit: Visit, source: int) -> None:
    before = visit.rows()
    assert send(visit, source, signature="v1,AAAA") == send(visit, source + 99) == 401
    assert send(visit, source + 99, signature="v1,AAAA") == 401
    assert visit.client.post(f"/hooks/wordpress/{source}").status_code == 401
    assert visit.client.get(f"/hooks/wordpress/{source}").status_code == 405
    assert visit.client.post("/hooks/wordpress/x").status_code in (404, 422)
    assert visit.rows() == before


def test_the_body_is_not_believed_and_not_read_beyond_its_limit(visit: Visit, source: int) -> None:
    before = visit.rows()["items"]
    assert send(visit, source, body=b'{"items": [{"id": 1}]} not even JSON \xff') == 202
    assert send(visit, source, name="big", body=b"x" * 300_000) == 413
    assert visit.rows()["items"] == before


def test_a_storm_is_one_look_at_a_time(visit: Visit, source: int) -> None:
    polling.ask_for(visit.parts, source, NOW)
    with visit.parts.db.writing() as session:
        session.execute(update(Source).values(last_polled_at=NOW, next_poll_at=NOW + timedelta(hours=1)))
    visit.now = NOW + timedelta(seconds=2)
    assert send(visit, source) == 202
    assert row(visit, source).next_poll_at == NOW + timedelta(seconds=10)


def test_a_look_under_way_is_followed_by_another(visit: Visit, source: int) -> None:
    with visit.parts.db.writing() as session:
        session.execute(update(Source).values(claimed_at=NOW, next_poll_at=NOW + timedelta(minutes=5)))
    visit.now = NOW + timedelta(seconds=2)
    assert send(visit, source) == 202
    found = row(visit, source)
    assert found.next_poll_at == NOW + timedelta(minutes=5), "nobody looks beside us"
    assert found.asked_at == visit.now


def test_a_site_that_fails_keeps_its_pause(visit: Visit, source: int) -> None:
    with visit.parts.db.writing() as session:
        session.execute(update(Source).values(failures=3))
    assert send(visit, source) == 202
    assert row(visit, source).next_poll_at == NOW + timedelta(hours=1)
