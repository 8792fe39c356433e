"""What holds for every page: looking changes nothing, nothing runs, nothing is told to others."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from notifier import flow
from notifier.web.app import create_app
from tests.web.conftest import Visit, article

VOID = frozenset({"meta", "link", "input", "br", "img"})


def every_page(visit: Visit) -> Iterator[str]:
    """A path of each kind of page, in each of its states."""
    yield from (
        "/naba/subscribe",
        "/naba/subscribe?lang=en",
        "/naba/subscribe?thread=a1",
        "/none/subscribe",
        "/nowhere",
    )
    token = visit.confirm("first@example.org")
    yield f"/confirm/{token}"
    reader = visit.active(frequency="instant")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل")], visit.now)
    visit.work()
    delivery = visit.delivery(reader)
    yield visit.link("u", reader, delivery)
    yield from (f"{visit.link('u', reader, delivery)}/mute/{how}" for how in ("thread", "kind", "all"))
    yield visit.link("p", reader)
    yield visit.link("p", reader) + "?done=saved&part=topics"
    yield "/naba/sign-in"
    yield "/sign-in/nothing"
    yield "/me"
    yield "/me/export"
    yield visit.link("v", delivery)
    yield "/confirm/nothing"


class _Shape(HTMLParser):
    """Reads a page and notes what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.scripted: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action"} and re.match(r"(https?:)?//", value or "") and tag != "a":
                self.outside.append(str(value))
            if name.startswith("on") or name == "style" or tag == "script":
                self.scripted.append(f"{tag} {name}")
            if name == "id":
                self.ids.append(str(value))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_looking_at_every_link_changes_no_table(visit: Visit) -> None:
    paths = list(every_page(visit))
    before = visit.rows()
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            visit.client.request(method, path)
    assert visit.rows() == before


def test_a_head_answers_like_a_get_without_the_body(visit: Visit) -> None:
    for path in every_page(visit):
        looked, asked = visit.client.get(path), visit.client.head(path)
        assert asked.status_code == looked.status_code, path
        assert asked.headers["content-type"] == looked.headers["content-type"]
        assert asked.content == b""


def test_every_page_carries_the_headers_that_keep_it_private(visit: Visit) -> None:
    for path in every_page(visit):
        page = visit.client.get(path)
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"] or path.startswith("/v/")
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "set-cookie" not in page.headers


def test_every_page_is_well_formed_asks_nobody_else_and_runs_nothing(visit: Visit) -> None:
    for path in every_page(visit):
        if path.startswith("/v/"):
            continue
        page, shape = visit.client.get(path), _Shape()
        shape.feed(page.text)
        assert shape.open == [], path
        assert shape.outside == [], path
        assert shape.scripted == [], path
        assert len(shape.ids) == len(set(shape.ids)), path
        assert len(re.findall("<h1[ >]", page.text)) == 1


def test_the_inline_style_is_the_one_the_policy_names(visit: Visit) -> None:

    page = visit.client.get("/naba/subscribe")
    style = page.text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]


def test_the_style_sheet_is_kept_by_browsers_and_holds_no_side(visit: Visit) -> None:
    sheet = visit.client.get("/static/pages.css")
    assert "immutable" in sheet.headers["Cache-Control"]
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert not re.search(r"(margin|padding|border|float)-(left|right)|url\(|@import", sheet.text)


@pytest.mark.parametrize("path", ["/u/x", "/p/x", "/confirm/x", "/naba/subscribe"])
def test_a_method_that_no_page_takes_is_405_as_a_page(visit: Visit, path: str) -> None:
    answer = visit.client.delete(path, headers={"Accept-Language": "ar"})
    assert answer.status_code == 405
    assert "لا يقبل" in answer.text


def test_a_fault_of_ours_is_a_page_that_tells_nothing(visit: Visit) -> None:
    with visit.parts.db.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE sites RENAME TO moved")
    answer = visit.client.get("/naba/subscribe", headers={"Accept-Language": "fa"})
    assert answer.status_code == 500
    assert 'lang="fa"' in answer.text
    assert "sites" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_inbox_is_there_only_when_given(visit: Visit) -> None:

    assert visit.client.get("/inbox").status_code == 404
    inbox = APIRouter()
    inbox.add_api_route("/inbox", lambda: {"letters": 0})
    with TestClient(create_app(visit.parts, inbox)) as client:
        assert client.get("/inbox").json() == {"letters": 0}
