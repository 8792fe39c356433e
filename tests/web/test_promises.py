"""What readers are promised, tried on every page and every link: a new page or table that breaks it fails here."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Table, select

from notifier import readers
from notifier.consent.addresses import network_of
from notifier.consent.own import OF_A_READER
from notifier.domain.tokens import Signer
from notifier.domain.words import LetterKind
from notifier.models import Archived, Base, ConsentEvent, Signup, Subscriber
from notifier.web.app import create_app
from tests.web.conftest import SECRET, Visit
from tests.web.promises import HERS, NAME, back, crawl, leave, letter_links, link, move, story
from tests.web.test_sign_in import signed_in

ROOT = Path(__file__).parent.parent.parent
A_KIND_NOBODY_MAKES_YET = {LetterKind.ISSUE}


def kinds_sent(visit: Visit) -> set[str]:
    with visit.parts.db.reading() as session:
        return {row.kind for row in session.execute(select(Base.metadata.tables["deliveries"].c.kind))}


@pytest.mark.slow
def test_a_crawl_of_every_link_of_every_letter_changes_nothing_and_tells_no_address(visit: Visit) -> None:
    reader = story(visit)
    leave(visit)
    back(visit)
    move(visit, reader)
    assert kinds_sent(visit) >= set(LetterKind) - A_KIND_NOBODY_MAKES_YET
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).name = NAME
    links = letter_links(visit)
    for part in ("/u/", "/p/", "/v/", "/confirm/", "/sign-in/", "/undo/", "/mute/", "/not-me/"):
        assert any(part in one for one in links), part
    before = visit.rows()
    seen = list(crawl(visit, links | {"/naba/subscribe", "/naba/archive", "/naba/sign-in"}))
    assert visit.rows() == before
    assert len(seen) > 40
    assert {path for path, status, _ in seen if status >= 500} == set()
    # All of these could be reached from a letter that was passed on.
    for path, _, text in seen:
        for private in (HERS, HERS.partition("@")[0], NAME):
            assert private not in text, path
        assert not re.search(r"/me/(export|erase|address|history)", text), path
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Archived.id)).all()


def test_a_crawl_of_a_person_s_own_pages_changes_nothing(visit: Visit) -> None:
    signed_in(visit)
    before = visit.rows()
    seen = {path for path, status, _ in crawl(visit, {"/me"}) if status == 200}
    assert visit.rows() == before
    assert {"/me", "/me/history", "/me/export", "/me/address", "/me/erase"} <= {one.split("?")[0] for one in seen}


@pytest.mark.slow
def test_what_a_letter_carries_can_neither_erase_nor_export_nor_reveal(visit: Visit) -> None:
    reader = story(visit)
    tokens = {one.split("?")[0].split("/")[2] for one in letter_links(visit) if one.count("/") >= 2}
    opened = {one for one in tokens if one and "sign-in" not in one}
    sign_in = link(visit, "/sign-in/").rpartition("/")[2]
    for token in sorted(opened - {sign_in}):
        for purpose in ("u", "p", "v", "confirm", "undo"):
            for act in ("erase", "export", "history", "address", "leave"):
                answer = visit.client.post(f"/{purpose}/{token}/{act}", data={"csrf": token})
                assert answer.status_code in {404, 405}, (purpose, act)
        visit.client.cookies.set("notifier_reader", token)
        for act in ("erase", "export", "history"):
            assert visit.client.get(f"/me/{act}").status_code == 401
            assert visit.client.post(f"/me/{act}", data={"csrf": token}).status_code in {401, 405}
    with visit.parts.db.reading() as session:
        assert session.get_one(Subscriber, reader).address == HERS


# -- forms ------------------------------------------------------------------------------------------------------

WITHOUT_A_TOKEN = {
    "/{site}/subscribe": "the first form: other sites embed it, and nobody is known by it",
    "/{site}/sign-in": "the first form: it can send a letter to the person themselves, and nothing else",
    "/confirm/{token}": "the token in the address is the secret, and no browser sends it by itself",
    "/confirm/{token}/again": "the same",
    "/u/{token}": "RFC 8058: a mail client's one click",
    "/u/{token}/undo": "the token in the address, and the undo's own",
    "/u/{token}/mute/{how}": "the token in the address",
    "/undo/{token}": "the token in the address",
    "/p/{token}": "the token in the address",
    "/p/{token}/undo": "the token in the address, and the undo's own",
    "/p/{token}/unmute": "the token in the address",
    "/p/{token}/tracking": "the token in the address",
    "/p/{token}/sign-in": "the token in the address; it sends a letter to the person themselves",
    "/sign-in/{token}": "the token in the address, used once",
    "/sign-in/{token}/again": "the token in the address; it sends a letter to the person themselves",
    "/not-me/{token}": "the token in the address",
    "/wpdiscuzsubscription/{action}/": "the key in the address, of letters that another plugin sent",
    "/wpdiscuzsubscription/{action}/undo": "the key in the path proves the letter, the undo is signed",
    "/wpdiscuzsubscription/{action}": "the same",
}
SIGNED = {"/hooks/wordpress/{source_id}", "/api/v1/inbound/raw", "/api/v1/feedback/{provider}"}
"""The body is signed with a key of its own (Standard Webhooks)."""
FIRST_OF_THE_BOX = {"/api/v1/sites/{site}/signups"}
"""The first form again, with a proof of work."""


def unsafe(visit: Visit) -> Iterator[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in every_route(visit.client.app):
        methods = (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        found |= {(method, route.path) for method in methods}
    yield from sorted(found)


def every_route(app: Any) -> Iterator[APIRoute]:
    for route in app.router.routes:
        inner = getattr(route, "original_router", None)
        yield from ([route] if isinstance(route, APIRoute) else every_inner(inner))


def every_inner(router: Any) -> Iterator[APIRoute]:
    yield from (route for route in getattr(router, "routes", ()) if isinstance(route, APIRoute))


@pytest.mark.long
def test_every_unsafe_route_is_refused_without_its_token_or_has_its_reason(visit: Visit) -> None:
    signed_in(visit)
    before = visit.rows()
    paths = dict.fromkeys(path for _, path in unsafe(visit))
    assert len(paths) > 25
    for method, path in unsafe(visit):
        at = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: "naba" if part[1] == "site" else "1", path)
        headers = {"Origin": "https://evil.example"} if path.startswith("/desk") else {}
        sent = {"stop": "all", "csrf": "x"}
        answer = visit.client.request(method, at, data=sent, headers=headers, follow_redirects=False)
        if path.startswith("/me"):
            assert answer.status_code == 403, path
        elif path.startswith("/desk"):
            assert answer.status_code in {303, 403, 404}, path
            assert answer.status_code != 303 or answer.headers["location"].startswith("/desk/login"), path
        elif path in SIGNED:
            assert answer.status_code in {401, 403, 404}, path
        elif path.startswith("/api/") and path not in FIRST_OF_THE_BOX:
            assert answer.status_code == 401, path
        else:
            assert path in WITHOUT_A_TOKEN.keys() | FIRST_OF_THE_BOX, f"{path}: a token, or a reason to have none"
    assert visit.rows() == before
    assert WITHOUT_A_TOKEN.keys() <= paths.keys(), "a reason for nothing"


# -- tokens -----------------------------------------------------------------------------------------------------


def test_a_new_key_keeps_the_old_links_and_a_lost_one_ends_them(visit: Visit) -> None:
    reader = visit.active()
    old = {purpose: visit.link(purpose, reader) for purpose in ("u", "p")}
    new = "another-secret-0123456789-abcdefghijklm"
    for keys, status in (([new, SECRET], 200), ([new], 404)):
        parts = replace(visit.parts, signer=Signer(keys))
        with TestClient(create_app(parts, now=lambda: visit.now)) as client:
            assert {client.get(path).status_code for path in old.values()} == {status}
            assert client.get(f"/u/{parts.signer.sign('u', reader)}").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("part", ["/confirm/", "/sign-in/"])
def test_every_changed_character_of_a_random_token_is_refused(visit: Visit, part: str) -> None:
    story(visit)
    path = link(visit, part)
    token = path.removeprefix(part)
    assert len(token) >= 43, "256 bits"
    for place in range(len(token)):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert visit.client.get(part + other).status_code == 404, place


# -- limits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knobs", [{"signups_plain_per_ip_h": 3, "signups_per_ip_h": 3}], indirect=True)
@pytest.mark.parametrize(("path", "fields"), [("/naba/subscribe", True), ("/naba/sign-in", False)])
def test_nobody_moves_a_limit_by_saying_where_they_come_from(visit: Visit, path: str, fields: bool) -> None:  # noqa: FBT001 - a parameter
    statuses = []
    for number in range(5):
        address = f"reader{number}@example.org"
        data = visit.form(address=address) if fields else {"address": address}
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        statuses.append(visit.client.post(path, data=data, headers=headers).status_code)
    assert statuses == [200, 200, 200, 429, 429]


@pytest.mark.slow
@pytest.mark.parametrize(
    "knobs", [{"trusted_proxies": "127.0.0.1", "signup_plain_per_min": 5000, "confirm_gap_s": 3600}], indirect=True
)
def test_a_thousand_sign_ups_of_one_mailbox_send_one_letter(visit: Visit) -> None:
    app = create_app(visit.parts, now=lambda: visit.now)
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        for number in range(1000):
            address = f"vic{'.' * (number % 2)}tim+{number}@gmail.com"
            headers = {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}
            assert client.post("/naba/subscribe", data=visit.form(address=address), headers=headers).status_code == 200
    visit.work()
    assert len(visit.transport.sent) == 1


# -- what is kept -----------------------------------------------------------------------------------------------

TOLD_OTHERWISE = {
    "subscribers": "reader",
    "subscriptions": "subscriptions",
    "deliveries": "letters",
    "subscriber_tags": "tags",
}
OF_OTHER_ROWS = {
    "one_time_tokens": "hashes of links, each of a sign-up that is told",
    "sign_in_tokens": "hashes of links, each of a sign-in that is told",
    "delivery_events": "what servers answered about a letter that is told",
    "other_versions": "which version of a story a letter showed",
    "archived": "what many were sent",
}


def about_people() -> dict[str, Table]:
    """Tables whose rows belong to a person: by a key to the reader, or to such a row."""
    found: dict[str, Table] = {"subscribers": Base.metadata.tables["subscribers"]}
    while True:
        more = {
            name: table
            for name, table in Base.metadata.tables.items()
            if name not in found and any(key.column.table.name in found for key in table.foreign_keys)
        }
        if not more:
            return found
        found |= more


def test_the_export_leaves_out_no_table_about_people(visit: Visit) -> None:
    signed_in(visit)
    exported = {model.__tablename__ for model in OF_A_READER.values()} | TOLD_OTHERWISE.keys()
    assert about_people().keys() - exported - OF_OTHER_ROWS.keys() == set()
    told = visit.client.get("/me/export").json()
    assert told.keys() >= OF_A_READER.keys() | set(TOLD_OTHERWISE.values())
    assert not re.search("[0-9a-f]{64}", json.dumps(told)), "fingerprints of ours tell nobody anything"


@pytest.mark.long
def test_erasing_leaves_no_row_about_a_person_but_a_hash_and_the_books(visit: Visit) -> None:
    reader = story(visit)
    with visit.parts.db.reading() as session:
        hashed = session.get_one(Subscriber, reader).address_hash
    assert readers.erase(visit.parts, visit.site_id, HERS, visit.now)
    rows = visit.rows()
    # The goodbye to a name: not in any table, nor a part of it.
    assert HERS.partition("@")[0] not in json.dumps(rows, ensure_ascii=False)
    with visit.parts.db.reading() as session:
        for name, table in about_people().items():
            if "subscriber_id" in table.c:
                left = session.execute(select(table).where(table.c.subscriber_id == reader)).all()
                assert left == [], name
    assert {name for name, some in rows.items() if any(hashed in one for one in some)} <= {
        "suppressions",
        "consent_events",
    }
    visit.client.post("/naba/subscribe", data=visit.form(address=HERS))
    visit.work()
    assert readers.erase(visit.parts, visit.site_id, HERS, visit.now) is False


@pytest.mark.long
def test_consent_events_are_only_ever_added() -> None:
    allowed = {f"notifier/consent/{name}.py" for name in ("suppression", "forgetting", "addresses")}
    """An erasure takes the IP out, and so does time."""
    changing = set[str]()
    for path in sorted((ROOT / "notifier").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id in {"update", "delete"}:  # type: ignore[attr-defined]  # seen a line above
                names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                if "ConsentEvent" in names:
                    changing.add(path.relative_to(ROOT).as_posix())
    assert changing <= allowed


def test_an_ip_address_is_kept_whole_for_thirty_days(visit: Visit) -> None:
    visit.client.post("/naba/subscribe", data=visit.form())
    visit.work()
    with visit.parts.db.writing() as session:
        for row in (*session.scalars(select(ConsentEvent)), *session.scalars(select(Signup))):
            row.ip = "203.0.113.77" if isinstance(row, Signup) else "2001:db8:1:2:3::4"

    def ips() -> set[str]:
        with visit.parts.db.reading() as session:
            return {*session.scalars(select(ConsentEvent.ip)), *session.scalars(select(Signup.ip))}

    readers_left = visit.active("other@example.org")
    assert readers_left
    visit.now += timedelta(days=29)
    visit.work()
    assert ips() >= {"2001:db8:1:2:3::4"}
    visit.now += timedelta(days=2)
    visit.work()
    assert "2001:db8:1::/48" in ips()
    assert not any("203.0.113.77" in one or "2:3::4" in one for one in ips())
    visit.work()
    assert "2001:db8:1::/48" in ips(), "once is enough"


@pytest.mark.parametrize(
    ("ip", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("testclient", ""), ("", "")],
)
def test_the_network_of_an_address_is_what_is_left(ip: str, network: str) -> None:
    assert network_of(ip) == network
