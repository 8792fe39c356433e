"""Sources, accounts, API keys and webhooks by the desk."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.account import Account
from notifier.domain.desk_words import Role
from notifier.domain.words import SourceKind
from notifier.models import ApiKey, AuditEvent, Call, Endpoint, Source
from notifier.sources.fetch import Fetcher
from notifier.web.app import create_app
from tests.desk.conftest import Desk, Somebody
from tests.mailroom.conftest import Paper, paper
from tests.sources.sites import Site, page, site

__all__ = ["paper"]
SETUP = "/at/naba/setup"
FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>'


@pytest.fixture
def owner(desk: Desk) -> Somebody:
    return desk.add(Role.OWNER)


@pytest.fixture
def other() -> Iterator[Site]:
    """A web site to read from."""
    with site() as found:
        found.pages["/feed/"] = page(FEED, ("Content-Type", "application/rss+xml"))
        found.pages["/"] = page(b"<html><p>hello", ("Content-Type", "text/html"))
        yield found


def reachable(desk: Desk, somebody: Somebody, port: int) -> None:
    """Let the desk fetch from a port of this machine."""
    visit = desk.visit
    visit.parts = replace(visit.parts, fetch=Fetcher(5, 100_000, (f"127.0.0.1:{port}",)))
    visit.client.app = create_app(visit.parts, now=lambda: visit.now)
    cookie = somebody.client.cookies.get("__Host-desk") or ""
    somebody.client = desk.browser()
    somebody.client.cookies.set("__Host-desk", cookie)


def actions(desk: Desk) -> list[str]:
    with desk.visit.parts.db.reading() as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_feed_is_looked_at_before_it_is_added(desk: Desk, owner: Somebody, other: Site) -> None:
    reachable(desk, owner, other.port)
    wrong = owner.post(f"{SETUP}/sources", kind="feed", url=other.url("/"))
    assert (wrong.status_code, "صفحة ويب وليس خلاصة" in wrong.text) == (422, True)
    assert other.url("/") in wrong.text, "what was typed stays"
    added = owner.post(f"{SETUP}/sources", kind="feed", url=other.url("/feed/"))
    assert "أُضيف المصدر" in added.text
    assert "هذا المصدر مضاف من قبل" in owner.post(f"{SETUP}/sources", kind="feed", url=other.url("/feed/")).text
    assert actions(desk)[-1] == "source.added"


@pytest.mark.matrix(2)
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "feed", "url": "http://127.0.0.1:9/"}, "شبكة داخلية"),
        ({"kind": "feed", "url": "javascript:alert(1)"}, "ليس عنوان ويب"),
        ({"kind": "gopher", "url": "https://x.example"}, "نوع المصدر"),
        ({"kind": "feed", "url": "https://x.example", "secret_name": "NOTIFIER_SECRET_KEY"}, "NOTIFIER_SOURCE_"),
        ({"kind": "wordpress", "url": "https://x.example", "secret_name": "PATH"}, "NOTIFIER_SOURCE_"),
        (
            {"kind": "wordpress", "url": "https://x.example", "secret_name": "NOTIFIER_SOURCE_NONE"},
            "لا يوجد هذا المتغيّر",
        ),
    ],
)
def test_a_source_that_cannot_be_is_refused_in_words(
    desk: Desk, owner: Somebody, form: dict[str, str], said: str
) -> None:
    before = desk.visit.rows()["sources"]
    answer = owner.post(f"{SETUP}/sources", **form)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert desk.visit.rows()["sources"] == before


def test_sources_are_polled_switched_and_removed(desk: Desk, owner: Somebody) -> None:
    visit = desk.visit
    with visit.parts.db.writing() as session:
        row = Source(
            site_id=visit.site_id, kind=SourceKind.FEED, url="https://x.example/feed", failures=4,
            last_error="x.example answered with <b>503</b>.", next_poll_at=visit.now + timedelta(hours=9),
            created_at=visit.now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        path = f"{SETUP}/sources/{row.id}"
    shown = owner.get(f"{SETUP}/sources").text
    assert "المحاولات: <bdi>٤</bdi>" in shown
    assert "&lt;b&gt;503" in shown
    editor = desk.add(Role.EDITOR)
    assert editor.post(f"{path}/poll").status_code == 303
    for act, is_enabled in (("off", False), ("on", True)):
        assert editor.post(f"{path}/{act}").status_code == 403
        owner.post(f"{path}/{act}")
        with visit.parts.db.reading() as session:
            found = session.scalars(select(Source)).one()
        assert (found.is_enabled, found.next_poll_at) == (is_enabled, visit.now)
    owner.post(f"{path}/remove")
    assert visit.rows()["sources"] == []
    assert actions(desk)[-4:] == ["source.polled", "source.disabled", "source.enabled", "source.removed"]
    assert owner.post(f"{path}/poll").status_code == 404


def test_a_key_is_shown_once_does_what_it_may_and_ends_for_ever(desk: Desk, owner: Somebody) -> None:
    made = owner.post(f"{SETUP}/keys", name="نظام التحرير", scope="items:read")
    key = re.search(r"nk_[\w-]+", made.text)
    assert key
    assert key[0] not in owner.get(f"{SETUP}/keys").text
    api = desk.visit.client
    header = {"Authorization": f"Bearer {key[0]}"}
    assert api.get("/api/v1/sites/naba/items/a1", headers=header).status_code == 200
    assert api.delete("/api/v1/sites/naba/items/a1", headers=header).status_code == 403
    with desk.visit.parts.db.reading() as session:
        row = session.scalars(select(ApiKey)).one()
    assert row.scopes == ["items:read"]
    assert key[0] not in str(desk.visit.rows())
    owner.post(f"{SETUP}/keys/{row.id}/revoke")
    assert api.get("/api/v1/sites/naba/items/a1", headers=header).status_code == 401
    assert actions(desk)[-2:] == ["key.made", "key.revoked"]


def test_a_replaced_key_works_for_a_day_beside_the_new_one(desk: Desk, owner: Somebody) -> None:
    visit, item = desk.visit, "/api/v1/sites/naba/items/a1"
    old, new = (
        re.search(r"nk_[\w-]+", owner.post(path, **form).text)
        for path, form in (
            (f"{SETUP}/keys", {"name": "نظام التحرير", "scope": "items:read"}),
            (f"{SETUP}/keys/1/replace", {}),
        )
    )
    assert old
    assert new

    def status(key: re.Match[str]) -> int:
        return visit.client.get(item, headers={"Authorization": f"Bearer {key[0]}"}).status_code

    page = owner.get(f"{SETUP}/keys").text
    assert new[0] not in page
    assert page.count("صالح حتى") == 1
    assert f"{SETUP}/keys/1/replace" not in page
    assert "استُبدل من قبل" in owner.post(f"{SETUP}/keys/1/replace").text
    visit.now += timedelta(hours=24, seconds=-1)
    assert (status(old), status(new)) == (200, 200)
    visit.now += timedelta(seconds=1)
    assert (status(old), status(new)) == (401, 200)
    with visit.parts.db.reading() as session:
        first, second = session.scalars(select(ApiKey).order_by(ApiKey.id))
    assert (second.name, second.scopes) == (first.name, first.scopes)
    assert actions(desk)[-2:] == ["key.made", "key.replaced"]
    again = desk.add(Role.OWNER, "later@naba.example").get(f"{SETUP}/keys").text
    assert ("صالح حتى" in again, "انتهى" in again) == (False, True)


def test_a_key_needs_a_name_and_something_it_may_do(desk: Desk, owner: Somebody) -> None:
    assert owner.post(f"{SETUP}/keys", name=" ", scope="items:read").status_code == 422
    assert "صلاحية واحدة على الأقل" in owner.post(f"{SETUP}/keys", name="x", scope="everything").text
    assert desk.visit.rows()["api_keys"] == []


def test_an_endpoint_is_added_called_and_its_log_read(desk: Desk, owner: Somebody, paper: Paper) -> None:
    reachable(desk, owner, paper.port)
    assert "حدث واحد" in owner.post(f"{SETUP}/webhooks", url=paper.url).text
    assert "ليس عنوان ويب" in owner.post(f"{SETUP}/webhooks", url="ftp://x", event="source.failed").text
    made = owner.post(f"{SETUP}/webhooks", url=paper.url, event="subscriber.confirmed")
    secret = re.search(r"whsec_[\w+/=]+", made.text)
    assert secret
    assert secret[0] not in owner.get(f"{SETUP}/webhooks").text + str(desk.visit.rows())
    with desk.visit.parts.db.reading() as session:
        endpoint = session.scalars(select(Endpoint.id)).one()
    paper.status, paper.body = 500, b"<script>alert(1)</script>"
    owner.post(f"{SETUP}/webhooks/{endpoint}/test")
    desk.visit.work()
    log = owner.get(f"{SETUP}/webhooks/{endpoint}").text
    assert "endpoint.test" in log
    assert "&lt;script&gt;" in log
    assert "<script>alert" not in log
    with desk.visit.parts.db.writing() as session:
        call = session.scalars(select(Call)).one()
        call.state = "given_up"  # type: ignore[assignment]
        number = call.id
    paper.status = 200
    owner.post(f"{SETUP}/webhooks/{endpoint}/calls/{number}/again")
    desk.visit.work()
    assert "سُلّم" in owner.get(f"{SETUP}/webhooks/{endpoint}").text
    owner.post(f"{SETUP}/webhooks/{endpoint}/off")
    assert "موقوف" in owner.get(f"{SETUP}/webhooks").text
    owner.post(f"{SETUP}/webhooks/{endpoint}/remove")
    assert (desk.visit.rows()["endpoints"], desk.visit.rows()["calls"]) == ([], [])
    assert actions(desk)[-5:] == [
        "endpoint.added", "endpoint.tested", "call.sent_again", "endpoint.disabled", "endpoint.removed",
    ]  # fmt: skip


def test_the_log_asks_as_much_for_one_page_as_for_another(desk: Desk, owner: Somebody) -> None:
    visit = desk.visit
    with visit.parts.db.writing() as session:
        row = Endpoint(site_id=visit.site_id, url="https://x.example/", events=[], created_at=visit.now)
        session.add(row)
        session.flush()
        common = {
            "endpoint_id": row.id,
            "event": "endpoint.test",
            "next_attempt_at": visit.now,
            "created_at": visit.now,
        }
        session.add_all(Call(**common) for _ in range(60))
        endpoint = row.id
    first = owner.get(f"{SETUP}/webhooks/{endpoint}").text
    onward = re.search(r"\?before=(\d+)", first)
    assert onward
    second = owner.get(f"{SETUP}/webhooks/{endpoint}?before={onward[1]}").text
    assert (first.count("call_"), second.count("call_")) == (50, 10)


def test_an_account_that_nobody_answers_for_is_told_in_words_within_seconds(desk: Desk, owner: Somebody) -> None:
    page = owner.get(f"{SETUP}/accounts").text
    assert "127.0.0.1:25" in page
    answer = owner.post(f"{SETUP}/accounts/smtp/test")
    assert "لم تنجح التجربة" in answer.text
    assert "connect failed" in answer.text
    assert owner.post(f"{SETUP}/accounts/none/test").status_code == 404
    assert "ليس عنوان بريد" in owner.post(f"{SETUP}/accounts/smtp/test", letter="yes", to="nobody").text
    assert actions(desk)[-1] == "account.tested"


def test_no_password_stands_on_the_accounts_page(desk: Desk, owner: Somebody) -> None:
    visit = desk.visit
    account = Account.model_validate(
        {"host": "smtp.example.org", "username": "news@naba.example", "password": "hunter-2"}
    )
    settings = visit.parts.settings.model_copy(update={"smtp_accounts": {"smtp": account}})
    visit.parts = replace(visit.parts, settings=settings)
    visit.client.app = create_app(visit.parts, now=lambda: visit.now)
    cookie = owner.client.cookies.get("__Host-desk") or ""
    owner.client = desk.browser()
    owner.client.cookies.set("__Host-desk", cookie)
    page = owner.get(f"{SETUP}/accounts").text
    assert "smtp.example.org" in page
    assert "hunter-2" not in page
    assert "news@naba.example" not in page
