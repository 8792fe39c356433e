"""Whatever is published, it is stored fit for a letter or refused, once, in bounded time; and the letters go out."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from notifier import flow
from notifier.domain.items import NewItem, Receipt
from notifier.domain.words import Frequency, ItemKind, ItemState
from notifier.models import Item
from notifier.sites import add_key
from notifier.web.app import create_app
from tests.world import World, html_of, text_of

BOUND_S = 15.0
ODD_GUIDS = [
    "?p=1&q=2",
    "a/b/../c",
    "https://r.example/%D8%AE?x=1#y",
    "خبر عاجل",
    "x'); --",
    "%00",
    "{{7*7}}",
    "ز" * 500,
]


def take_in(world: World, guid: str, kind: ItemKind = ItemKind.ARTICLE, **given: Any) -> Receipt:
    item = NewItem(kind, guid, **{"title": "خبر", "html": "<p>نص</p>", "categories": ("سياسة",), **given})
    (receipt,) = flow.ingest_items(world.parts, world.site.id, [item], world.now)
    return receipt


def stored(world: World, guid: str) -> Item:
    with world.parts.db.reading() as session:
        return session.scalars(select(Item).where(Item.guid == guid)).one()


def comment(world: World, guid: str, article: str) -> Receipt:
    return take_in(world, guid, ItemKind.COMMENT, title="", categories=(), article_guid=article)


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        pytest.param("كلمة " * 10_000, "كلمة", id="long"),
        pytest.param("قبل\u2028بعد\u2029آخر\x85سطر", "قبل بعد آخر سطر", id="line-ends"),
        pytest.param("صفر\0وواحد", "صفروواحد", id="nul"),
        pytest.param("\u202eمقلوب\u202c \u2066نص", "مقلوب", id="bidi"),
        pytest.param("\r\nBcc: x@example.org\r\n\r\n", "Bcc: x@example.org", id="header"),
        pytest.param("", "", id="none"),
    ],
)
def test_any_title_ends_in_one_readable_letter(world: World, title: str, kept: str) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    began = time.monotonic()
    assert take_in(world, "1", title=title).outcome == "created"
    world.work()
    assert time.monotonic() - began < BOUND_S
    (letter,) = world.letters()
    assert kept in stored(world, "1").title
    assert kept in " ".join(text_of(letter).replace("\u200f", "").split())
    assert letter["Bcc"] is None
    assert not set("\0\u202e\u2028\u2029\x85") & set(html_of(letter) + text_of(letter) + letter["Subject"])
    assert world.balance().sent == 2


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (ItemKind.ARTICLE, {"title": "\u200f \0", "html": "<p> </p><img src='https://x.example/a.png' alt=''>"}),
        (ItemKind.ARTICLE, {"title": "", "html": ""}),
        (ItemKind.COMMENT, {"title": "عنوان", "html": "<script>x</script>", "article_guid": "1"}),
    ],
)
def test_an_item_without_a_word_is_refused_and_says_why(world: World, kind: ItemKind, given: dict[str, Any]) -> None:
    take_in(world, "1")
    receipt = take_in(world, "2", kind, **given)
    assert (receipt.outcome, receipt.error) == ("refused", "no_words")
    # Taking it back needs no words.
    assert take_in(world, "2", kind, **given, state=ItemState.RETRACTED).outcome == "created"


@pytest.mark.matrix(2)
@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div><table><tr><td><b><i>نص" * 3000, id="never-closed"),
        pytest.param("<p>فقرة من النص. </p>" * 150_000, id="five-megabytes"),
        pytest.param("<!-- " + "<a href='" * 100_000, id="torn"),
        pytest.param("&" * 5_000_000, id="ampersands"),
    ],
)
def test_any_html_becomes_a_small_letter_in_bounded_time(world: World, html: str) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    began = time.monotonic()
    assert take_in(world, "1", html=html).outcome == "created"
    world.work()
    assert time.monotonic() - began < BOUND_S
    (letter,) = world.letters()
    assert len(html_of(letter).encode()) < 100_000
    assert html_of(letter).rstrip().endswith("</html>")
    assert "/u/" in html_of(letter)


@pytest.mark.matrix(3)
@pytest.mark.parametrize("guid", ODD_GUIDS)
def test_an_odd_guid_is_kept_to_the_letter_and_leads_to_its_thread(world: World, guid: str) -> None:
    assert take_in(world, guid).outcome == "created"
    assert take_in(world, guid).outcome == "unchanged"
    assert comment(world, "c", guid).outcome == "created"
    world.reader("a@example.org", f"thread:{guid}", frequency=Frequency.INSTANT)
    assert comment(world, "d", guid).outcome == "created"
    world.work()
    world.later(hours=1)
    world.tick()
    assert len(world.letters()) == 1


def test_a_comment_before_its_article_is_refused_and_taken_once_the_article_is_there(world: World) -> None:
    early = comment(world, "c", "1")
    assert (early.outcome, early.error, early.item_id) == ("refused", "unknown_article", None)
    take_in(world, "1")
    assert comment(world, "c", "1").outcome == "created"
    assert comment(world, "c", "1").outcome == "unchanged"


def test_the_same_put_from_eight_threads_makes_one_row_and_no_error(world: World) -> None:
    with world.parts.db.writing() as session:
        key = add_key(session, world.site, "test", ["items:write"], world.now)
    world.topics(["category:سياسة"])
    together = threading.Barrier(8)
    body = {"kind": "article", "title": "خبر", "categories": ["سياسة", "رياضة"], "tags": ["دجلة"], "version": 1}
    with TestClient(create_app(world.parts, now=lambda: datetime.now(UTC))) as client:

        def put(_number: int) -> tuple[int, str]:
            together.wait(10)
            path, headers = "/api/v1/sites/rafidain/items/same", {"Authorization": f"Bearer {key}"}
            answer = client.put(path, json=body, headers=headers)
            return answer.status_code, answer.json().get("outcome", answer.text)

        with ThreadPoolExecutor(8) as threads:
            answers = sorted(threads.map(put, range(8)))
    assert answers == [(200, "unchanged")] * 7 + [(201, "created")]
    assert stored(world, "same").version == 1


def test_an_older_version_changes_nothing(world: World) -> None:
    take_in(world, "1", title="ثالثة", version=3)
    stale = take_in(world, "1", title="ثانية", version=2)
    assert (stale.outcome, stale.version) == ("stale", 3)
    assert take_in(world, "1", title="أخرى", version=3).outcome == "unchanged"
    assert stored(world, "1").title == "ثالثة"
    assert take_in(world, "1", title="رابعة", version=4).outcome == "updated"
    assert stored(world, "1").title == "رابعة"


def test_an_article_does_not_turn_into_a_comment(world: World) -> None:
    take_in(world, "1")
    take_in(world, "2")
    turned = comment(world, "2", "1")
    assert (turned.outcome, turned.error) == ("refused", "kind_changed")
    assert stored(world, "2").kind is ItemKind.ARTICLE


def test_a_retracted_article_that_comes_back_is_live_and_mailed_once(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    take_in(world, "1", version=1)
    world.work()
    flow.retract_item(world.parts, world.site.id, "1", world.now)
    assert stored(world, "1").state is ItemState.RETRACTED
    assert take_in(world, "1", version=2).outcome in {"unchanged", "stale"}, "a retraction is a version of its own"
    assert take_in(world, "1", version=3).outcome == "updated"
    world.work()
    item = stored(world, "1")
    assert (item.state, item.retracted_at, item.version) == (ItemState.LIVE, None, 3)
    assert len(world.wire.sent) == 1
    world.balance()
