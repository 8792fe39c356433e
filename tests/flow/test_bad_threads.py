"""Comments as they really come: before the comment they answer, in rings, twice, out of order, far too long."""

import time
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import func, select

from notifier import flow
from notifier.domain.items import NewItem, Receipt, batches
from notifier.domain.words import Frequency, ItemKind, ItemState
from notifier.models import Delivery, Item, LetterItem, Notice, Thread
from tests.world import World, text_of

ME = "a@example.org"
BOUND_S = 15.0
RING = [("x", "y"), ("y", "z"), ("z", "x")]


def comment(guid: str, parent: str = "", address: str = "b@example.org", version: int | None = None) -> NewItem:
    html = f"<p>تعليق {guid}</p>"
    return NewItem(
        ItemKind.COMMENT, guid, html=html, article_guid="1", parent_guid=parent, author_address=address, version=version
    )


@pytest.fixture
def thread(world: World) -> World:
    world.article("1")
    world.work()
    world.reader(ME, "thread:1", "mine", frequency=Frequency.INSTANT)
    return world


def take(world: World, *news: NewItem) -> list[Receipt]:
    receipts = flow.ingest_items(world.parts, world.site.id, news, world.now)
    world.work()
    return receipts


def parents(world: World) -> dict[str, str | None]:
    with world.parts.db.reading() as session:
        rows = session.execute(select(Item.id, Item.guid, Item.parent_id).where(Item.kind == ItemKind.COMMENT)).all()
    guids = {item: guid for item, guid, _ in rows}
    return {guid: guids.get(parent or 0) for _, guid, parent in rows}


def wait(world: World) -> None:
    for _ in range(10):
        world.later(minutes=15)
        world.tick()


@pytest.mark.long
@pytest.mark.parametrize("is_together", [True, False], ids=["one-push", "two-pushes"])
def test_an_answer_that_comes_before_its_comment_finds_it_and_its_writer_is_told(
    thread: World, *, is_together: bool
) -> None:
    answer, mine = comment("answer", "mine"), comment("mine", address=ME)
    for push in [[answer, mine]] if is_together else [[answer], [mine]]:
        assert {one.outcome for one in take(thread, *push)} == {"created"}
    assert parents(thread) == {"answer": "mine", "mine": None}
    with thread.parts.db.reading() as session:
        assert session.scalars(select(Notice.reason)).all() == ["mine"]
    wait(thread)
    assert len(thread.wire.sent) == 1
    assert thread.balance().sent == 2


@pytest.mark.matrix(2)
@pytest.mark.parametrize(
    "order",
    # As they were written and the other way round; the orders in between take their time.
    [pytest.param(one, marks=() if nth in (0, 5) else pytest.mark.slow) for nth, one in enumerate(permutations(RING))],
    ids=lambda order: "".join(guid for guid, _ in order),
)
@pytest.mark.parametrize("is_together", [True, False], ids=["one-push", "pushes"])
def test_a_ring_of_answers_is_cut_and_each_is_told_once(
    thread: World, order: tuple[tuple[str, str], ...], *, is_together: bool
) -> None:
    news = [comment(guid, parent) for guid, parent in order]
    for push in [news] if is_together else [[one] for one in news]:
        take(thread, *push)
    # Every answer again, as if edited: nothing closes the ring either.
    take(thread, *(replace(one, html="<p>جديد</p>") for one in news))
    found = parents(thread)
    assert sorted(found) == ["x", "y", "z"]
    assert None in found.values(), "somewhere it ends"
    wait(thread)
    with thread.parts.db.reading() as session:
        told = session.scalars(
            select(LetterItem.item_id)
            .join(Delivery, Delivery.letter_id == LetterItem.letter_id)
            .where(Delivery.kind == "reply")
        ).all()
    assert len(told) == len(set(told)) == 3


def test_a_comment_that_answers_itself_answers_nobody(thread: World) -> None:
    take(thread, comment("x", "x"))
    assert parents(thread) == {"x": None}


@pytest.mark.long
def test_pushes_that_are_repeated_and_out_of_order_are_told_once_in_their_last_version(thread: World) -> None:
    first, second = comment("c", version=1), replace(comment("c", version=2), html="<p>الصيغة الثانية</p>")
    outcomes = [one.outcome for one in take(thread, second, first, second, first)]
    assert outcomes == ["created", "stale", "unchanged", "stale"]
    wait(thread)
    take(thread, first, second)
    wait(thread)
    (letter,) = thread.letters()
    assert "الصيغة الثانية" in text_of(letter)


def test_a_retraction_that_overtakes_its_comment_holds(thread: World) -> None:
    gone = replace(comment("c", version=2), state=ItemState.RETRACTED)
    assert [one.outcome for one in take(thread, gone, comment("c", version=1))] == ["created", "stale"]
    wait(thread)
    assert thread.wire.sent == []


@pytest.mark.long
def test_a_comment_of_a_megabyte_is_taken_in_and_sent_in_bounded_time(thread: World) -> None:
    began = time.monotonic()
    take(thread, replace(comment("long"), html="<p>كلام كثير. </p>" * 40_000))
    wait(thread)
    assert time.monotonic() - began < BOUND_S * 2
    assert len(thread.wire.sent) == 1


def test_one_comment_without_an_article_does_not_hold_up_the_others(thread: World) -> None:
    lost = replace(comment("lost"), article_guid="nowhere")
    assert [one.outcome for one in take(thread, comment("a"), lost, comment("b"))] == ["created", "refused", "created"]
    with thread.parts.db.reading() as session:
        assert session.scalar(select(func.max(Thread.count))) == 2


def test_batches_keep_the_order_and_hold_nobody_twice() -> None:
    article = NewItem(ItemKind.ARTICLE, "1")
    news = [comment("a"), article, comment("b"), comment("c"), comment("b"), comment("d"), comment("e"), article]
    found = list(batches(news, 3))
    assert [one for batch in found for one in batch] == news
    assert [len(batch) for batch in found] == [1, 1, 2, 3, 1]
