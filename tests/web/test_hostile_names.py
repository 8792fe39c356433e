"""Whatever people call themselves, their stories and their sections: no page runs it, turns round or lets it out."""

import re
import shutil
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select
from starlette.routing import Match

from notifier import flow
from notifier.domain.text.clean import clean
from notifier.domain.tokens import new_token, token_hash
from notifier.models import Archived, ReaderSession, Site, Subscriber
from notifier.web.doors import COOKIE
from tests.web.conftest import Visit, article
from tests.web.promises import HERS
from tests.web.reader_pages import ways
from tests.web.test_promises import every_route

MARK = "Zqx"
"""Stands in every hostile word, so that it is found again on the page."""
HOSTILE = {
    "script": f"{MARK}</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'`>"
    "<svg/onload=alert(1)> {{7*7}} &lt;",
    "direction": f"\u202e{MARK}\u202d\u2066\u2067\u200f مرحبا\u200b\ufeff\u2060\r\nBcc: x\x00\x1b[31m\u2028"
    "👩\u200d💻🇮🇶\ue000",
    "length": MARK + "W" * 197,
}
READERS = re.compile(r"^/(?!api/|desk|static|hooks|health|ready|metrics|inbox|c/|o/|i/|wpdiscuz)")
"""The routes of pages for readers; the others have no page, or one of another house."""
NOT_PAGES = {"/me/export", "/{site}/widget.js"}
UNSEEN = re.compile("[\u061c\u200b\u202a-\u202e\u2060\u2066\u2067\ufeff\ue000-\uf8ff\x00-\x08\x0b-\x1f\u2028]")
PLAIN = {"title", "option", "textarea"}
"""Elements in which there is no markup to set a direction with."""
VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """Notes what runs, and where a hostile word stands without a direction of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.words = 0
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "svg", "iframe", "object"} or (tag == "img" and given.get("src") == "x"):
            self.faults.append(f"<{tag}>")
        self.faults += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.faults += [f"{tag} {name}={value}" for name, value in attrs if re.match(r"\s*javascript:", value or "")]
        if tag == "input" and MARK in (given.get("value") or "") and given.get("type") == "text":
            self.words += 1
            if given.get("dir") != "auto":
                self.faults.append("an input without a direction")
        if tag not in VOID:
            self._open.append((tag, tag == "bdi" or given.get("dir") == "auto" or tag in PLAIN))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if MARK in data:
            self.words += 1
            if not any(is_apart for _, is_apart in self._open):
                self.faults.append(f"not set apart: {data.strip()[:60]}")


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite is enough: what pages say does not depend on the database."""
    folder = request.getfixturevalue("tmp_path")
    return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_naba'), folder / 'notifier.db')}"


def named(visit: Visit, words: str) -> list[str]:
    """Everything that can be named is called so, through the doors that names come in by; gives paths to look at."""
    items = [article(one, title=words, summary=words, categories=("سياسة", words), author_name=words, version=9)
             for one in ("a1", "n9")]  # fmt: skip
    flow.ingest_items(visit.parts, visit.site_id, items, visit.now)
    paths = [way.path for way in ways(visit, "en", words).values()]
    with visit.parts.db.writing() as session:
        session.get_one(Site, visit.site_id).name = clean(words)
        reader = session.scalars(select(Archived.public_id)).all()
    session_of(visit)
    form = visit.client.get("/me").text.split('name="csrf" value="')[1].split('"')[0]
    visit.client.post("/me", data={"csrf": form, "part": "person", "name": words})
    return [*paths, *(f"/naba/letter/{one}" for one in reader), "/naba/archive.atom", "/naba/archive/سياسة.atom"]


def session_of(visit: Visit) -> None:
    cookie = new_token()
    with visit.parts.db.writing() as session:
        reader = session.scalars(select(Subscriber.id).where(Subscriber.address == HERS)).one()
        row = {"subscriber_id": reader, "token_hash": token_hash(cookie), "created_at": visit.now}
        session.add(ReaderSession(**row, expires_at=visit.now + timedelta(hours=1)))
    visit.client.cookies.set(COOKIE, cookie)


def routes(visit: Visit) -> set[str]:
    """The pages of the route table."""
    found = {one.path for one in every_route(visit.client.app) if "GET" in (one.methods or ())}
    return {path for path in found if READERS.match(path)} - NOT_PAGES


@pytest.mark.long
@pytest.mark.matrix(1)
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_page_of_the_route_table_is_moved_by_a_name(visit: Visit, kind: str) -> None:
    paths, seen, words = named(visit, HOSTILE[kind]), set[str](), 0
    for path in paths:
        for route in every_route(visit.client.app):
            scope = {"type": "http", "path": path.partition("?")[0], "method": "GET", "headers": []}
            if route.matches(scope)[0] is Match.FULL:
                seen.add(route.path)
                break
        answer = visit.client.get(path)
        assert answer.status_code < 500, path
        page = Page()
        page.feed(answer.text)
        is_letter = path.startswith("/v/") or "/letter/" in path
        if is_letter or "atom" in answer.headers["content-type"]:
            # How letters set words apart is tested with them (tests/letters); in a feed they stand as XML.
            page.faults = [one for one in page.faults if not one.startswith("not set apart")]
        else:
            assert UNSEEN.search(answer.text) is None, path
            assert "{{7*7}}" in answer.text or kind != "script" or MARK not in answer.text, path
        assert page.faults == [], path
        words += page.words
    assert routes(visit) - seen == set(), "a new page is to be looked at here: give it a way in reader_pages"
    assert words > 20


@pytest.mark.long
@pytest.mark.matrix(1)
@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xff\xfe", b"%ED%A0%80", b"%00", b"\xf0\x9f"])
def test_half_a_character_is_no_name_and_no_fault(visit: Visit, raw: bytes) -> None:
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    ways(visit, "en")
    session_of(visit)
    form = visit.client.get("/me").text.split('name="csrf" value="')[1].split('"')[0]
    answer = visit.client.post("/me", content=f"csrf={form}&part=person&name=".encode() + raw, headers=head)
    assert answer.status_code < 500
    assert UNSEEN.search(visit.client.get("/me").text) is None
