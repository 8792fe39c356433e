"""What the desk tells of sends and letters, and what it does with those that failed."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, select

from notifier import flow, tally
from notifier.domain.desk_words import Role
from notifier.domain.outcome import Refused
from notifier.domain.progress import Progress
from notifier.domain.words import State
from notifier.models import AuditEvent, Delivery, Subscriber
from notifier.web.desk import live
from notifier.web.desk.csv_file import BOM, lines, safe
from tests.desk.conftest import Desk, Somebody
from tests.web.conftest import article


def alert(desk: Desk, readers: int = 3, refused: int = 1) -> str:
    """A story to so many readers, the first of whom are refused; gives the send's slug."""
    visit = desk.visit
    for n in range(readers):
        visit.active(f"reader{n}@example.org", frequency="instant")
        if n < refused:
            visit.transport.outcomes[f"reader{n}@example.org"] = Refused("554 5.3.4 message too big", forever=True)
    (receipt,) = flow.ingest_items(visit.parts, visit.site_id, [article("news", title="خبر عاجل")], visit.now)
    visit.work()
    return f"alert-{receipt.item_id}"


def states(desk: Desk) -> list[State]:
    with desk.visit.parts.db.reading() as session:
        rows = select(Delivery.state).where(Delivery.kind == "alert").order_by(Delivery.id)
        return list(session.scalars(rows))


def acts(desk: Desk) -> list[str]:
    with desk.visit.parts.db.reading() as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def failed_ids(desk: Desk) -> list[str]:
    with desk.visit.parts.db.reading() as session:
        rows = select(Delivery.id).where(Delivery.state == State.FAILED).order_by(Delivery.id)
        return [str(one) for one in session.scalars(rows)]


def test_each_send_stands_there_with_its_balance(desk: Desk) -> None:
    slug = alert(desk)
    page = desk.add(Role.ANALYST).get("/at/naba/deliveries")
    assert f"/deliveries/{slug}" in page.text
    assert "خبر عاجل" in page.text
    assert "رسائل التأكيد" in page.text, "letters to one person each are a send a day"
    one = desk.add(Role.EDITOR).get(f"/at/naba/deliveries/{slug}").text
    assert "٣ من ٣" in one
    assert "554 5.3.4 message too big" in one
    assert "reader0@example.org" in one


def test_the_list_of_sends_goes_on_where_its_page_ended(desk: Desk) -> None:
    visit = desk.visit
    with visit.parts.db.writing() as session:
        for n in range(1, 46):
            batch = tally.Batch(visit.site_id, "reply", visit.now - timedelta(days=n), 1000 - n, 1000 - n)  # type: ignore[arg-type]  # a word is its value
            tally.plan(session, batch, {0: n})
    analyst, seen, path = desk.add(Role.ANALYST), list[str](), "/at/naba/deliveries"
    while path:
        page = analyst.get(path).text
        seen += [part.split('"')[0] for part in page.split("/deliveries/reply-")[1:]]
        path = f"/at/naba/deliveries?before={page.split('?before=')[1].split(chr(34))[0]}" if "?before=" in page else ""
    assert len(seen) == len(set(seen)) == 45
    assert seen == sorted(seen, reverse=True)


def test_letters_are_narrowed_by_state_and_reason(desk: Desk) -> None:
    slug = alert(desk)
    editor = desk.add(Role.EDITOR)
    path = f"/at/naba/deliveries/{slug}"
    counts = {
        "": 3,
        "?state=sent": 2,
        "?state=failed": 1,
        "?state=failed&reason=refused": 1,
        "?state=failed&reason=attempts": 0,
        "?state=queued": 0,
        "?state=nonsense": 3,
    }
    for query, count in counts.items():
        assert editor.get(path + query).text.count("/deliveries/person/") == count, query


def test_a_day_of_confirmations_is_listed_too(desk: Desk) -> None:
    alert(desk)
    page = desk.add(Role.EDITOR).get(f"/at/naba/deliveries/confirm-{desk.visit.now.date()}")
    assert page.text.count("/deliveries/person/") == 3
    assert desk.add(Role.ANALYST).get("/at/naba/deliveries/confirm-2020-01-01").status_code == 404


def test_an_analyst_sees_no_address(desk: Desk) -> None:
    slug = alert(desk)
    analyst = desk.add(Role.ANALYST)
    for path in ("", f"/{slug}", f"/{slug}?state=failed", f"/{slug}/letters.csv"):
        assert "@example.org" not in analyst.get(f"/at/naba/deliveries{path}").text
    assert "no such user" not in analyst.get(f"/at/naba/deliveries/{slug}/letters.csv").text


def test_a_person_is_found_by_address_and_the_search_is_noted(desk: Desk) -> None:
    alert(desk)
    editor = desk.add(Role.EDITOR)
    found = editor.post("/at/naba/deliveries/search", address=" Reader0@Example.org ")
    assert found.status_code == 303
    page = editor.client.get(found.headers["location"]).text
    assert "خبر عاجل" in page
    assert "رفضها خادم المستلم" in page
    assert acts(desk)[-2:] == ["subscriber.sought", "subscriber.letters_seen"]
    unknown = editor.post("/at/naba/deliveries/search", address="nobody@example.org")
    assert (unknown.status_code, "لا قارئ بهذا العنوان" in unknown.text) == (404, True)
    wrong = editor.post("/at/naba/deliveries/search", address="<script>@")
    assert (wrong.status_code, "<script>@" in wrong.text) == (422, False)


def test_a_retry_asks_first_and_takes_only_what_was_chosen(desk: Desk) -> None:
    slug = alert(desk, readers=3, refused=2)
    editor, path = desk.add(Role.EDITOR), f"/at/naba/deliveries/{slug}/retry"
    first, second = failed_ids(desk)
    assert "تُعاد رسالة واحدة" in editor.post(path, letter=first).text
    assert states(desk).count(State.FAILED) == 2, "asking changes nothing"
    answer = editor.post(path, letter=first, is_sure="1")
    assert answer.headers["location"].endswith("?retried=1")
    assert failed_ids(desk) == [second]
    assert acts(desk)[-1] == "deliveries.retried"
    desk.visit.transport.outcomes.clear()
    desk.visit.work()
    assert sorted(states(desk)) == [State.FAILED, State.SENT, State.SENT]


def test_a_retry_of_nothing_is_a_retry_of_nothing(desk: Desk) -> None:
    slug = alert(desk, refused=2)
    editor, path = desk.add(Role.EDITOR), f"/at/naba/deliveries/{slug}/retry"
    for form in ({}, {"letter": "x"}, {"letter": "999999"}, {"every": "1", "reason": "attempts"}):
        assert editor.post(path, **form, is_sure="1").headers["location"].endswith("?retried=0"), form
    assert len(failed_ids(desk)) == 2


def test_all_of_one_reason_are_retried_while_they_are_news(desk: Desk) -> None:
    slug = alert(desk, refused=2)
    editor, path = desk.add(Role.EDITOR), f"/at/naba/deliveries/{slug}/retry"
    assert editor.post(path, every="1", reason="refused", is_sure="1").headers["location"].endswith("?retried=2")
    desk.visit.work()
    desk.visit.now += timedelta(hours=3)
    assert "فات أوانها" in editor.post(path, every="1", reason="refused").text
    assert flow.pulse(desk.visit.parts).balance.is_balanced


def test_a_letter_of_another_send_is_not_retried_by_the_way(desk: Desk) -> None:
    alert(desk, refused=2)
    (receipt,) = flow.ingest_items(desk.visit.parts, 1, [article("other")], desk.visit.now)
    desk.visit.work()
    other = failed_ids(desk)[-1]
    editor = desk.add(Role.EDITOR)
    slug = f"alert-{(receipt.item_id or 0) - 1}"
    editor.post(f"/at/naba/deliveries/{slug}/retry", letter=other, is_sure="1")
    assert other in failed_ids(desk)


def test_a_table_is_a_file_that_a_spreadsheet_opens_and_does_not_compute(desk: Desk) -> None:
    slug = alert(desk)
    with desk.visit.parts.db.writing() as session:
        reader = session.scalars(select(Subscriber).where(Subscriber.address == "reader0@example.org")).one()
        reader.address = "=cmd|calc@example.org"
    editor = desk.add(Role.EDITOR)
    answer = editor.get(f"/at/naba/deliveries/{slug}/letters.csv?state=failed")
    text = answer.content.decode("utf-8")
    assert text.startswith(BOM)
    assert "'=cmd|calc@example.org" in text
    assert len(text.splitlines()) == 2
    assert "attachment" in answer.headers["content-disposition"]
    assert acts(desk)[-1] == "deliveries.exported"
    assert slug in editor.get("/at/naba/deliveries/sends.csv").text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\r=1"])
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    assert safe(cell).startswith("'")
    assert [safe(one) for one in (-1, 2.5, None, "نص")] == ["-1", "2.5", "", "نص"]


def test_a_large_table_comes_in_pieces() -> None:
    assert len(list(lines(("n",), ((n,) for n in range(1200))))) == 3


def test_progress_is_told_until_the_send_is_over(desk: Desk) -> None:
    slug = alert(desk)
    answer = desk.add(Role.ANALYST).get(f"/at/naba/deliveries/{slug}/progress")
    assert answer.headers["content-type"].startswith("text/event-stream")
    (told,) = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert (told["done"], told["planned"], told["is_over"]) == (3, 3, True)
    assert told["words"]["left"] == "انتهى الإرسال."


async def hear(counts: list[tuple[int, int]], *, lasts_s: float = 60.0, is_gone: bool = False) -> list[dict[str, Any]]:
    async def is_disconnected() -> bool:
        return is_gone

    left: Iterator[tuple[int, int]] = iter(counts)
    request: Any = SimpleNamespace(is_disconnected=is_disconnected)

    def words(progress: Progress) -> dict[str, str]:
        return {"rate": str(progress.rate_per_s > 0)}

    stream = live.told(request, lambda: next(left, None), words, live.Rhythm(0.01, lasts_s))
    return [json.loads(line[6:]) async for line in stream]


def test_the_stream_moves_and_ends_with_the_send_the_browser_or_the_time() -> None:
    moved = asyncio.run(hear([(0, 10), (5, 10), (10, 10), (10, 10)]))
    assert [one["done"] for one in moved] == [0, 5, 10]
    assert [one["words"]["rate"] for one in moved] == ["False", "True", "True"]
    assert asyncio.run(hear([(0, 10)] * 9, is_gone=True)) == []
    assert asyncio.run(hear([(0, 10)] * 9, lasts_s=0.0)) == []
    assert len(asyncio.run(hear([(1, 10)]))) == 1, "a send that is no more ends it"


PAGES = ("", "/deliveries", "/deliveries/{send}", "/deliveries/{send}?state=failed", "/calendar", "/charts")


def statements(somebody: Somebody, path: str) -> int:
    """How many statements a page asks the database."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engine = somebody.visit.parts.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert somebody.get(f"/at/naba{path}").status_code == 200, path
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_no_page_asks_more_of_many_rows_than_of_few(desk: Desk) -> None:
    slug = alert(desk, readers=3)
    editor = desk.add(Role.EDITOR)
    paths = [path.replace("{send}", slug) for path in PAGES]
    few = {path: statements(editor, path) for path in paths}
    visit = desk.visit
    flow.ingest_items(visit.parts, 1, [article(f"more{n}") for n in range(10)], visit.now)
    visit.work()
    with visit.parts.db.reading() as session:
        assert len(session.scalars(select(Delivery.id)).all()) > 30
    assert {path: statements(editor, path) for path in paths} == few
