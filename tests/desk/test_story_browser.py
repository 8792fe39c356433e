"""An editor's day in a real browser, Arabic on a phone and English at a desk: from the login to the last retry."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from notifier import staff
from notifier.desk import second_factor
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from notifier.domain.text.digits import convert
from tests.desk.conftest import PASSWORD, Desk
from tests.desk.story_room import BUSY, FULL, READERS, SAYS, Newsroom, Sender
from tests.desk.story_words import ARABIC, WORDS
from tests.desk.test_desk_browser import served
from tests.desk.test_issues import article

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
EDITOR = "editor@naba.example"


@pytest.fixture(params=list(WORDS))
def room(request: pytest.FixtureRequest, desk: Desk, browser: Any) -> Iterator[Newsroom]:
    words = WORDS[request.param]
    for address in READERS:
        desk.visit.active(address)
    for number, title in enumerate(words.titles):
        article(desk, f"story{number}", title)
    desk.visit.transport.seen.clear()
    desk.visit.transport.outcomes |= SAYS
    sender = Sender(desk.visit)
    with served(desk) as base:
        context = browser.new_context(
            viewport=dict(zip(("width", "height"), words.size, strict=True)), locale=request.param, base_url=base
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield Newsroom(page, words, desk, sender)
        context.close()


def authenticator(desk: Desk, language: str) -> pyotp.TOTP:
    """An editor's, whose second factor is on since just before."""
    parts, now = desk.visit.parts, desk.visit.now
    token = staff.invite(parts, EDITOR, Role.EDITOR, language, Actor("cli"), now)
    seat = staff.seat(parts, staff.accept(parts, token, "ليلى", PASSWORD, Browser("", "test"), now) or "", now)
    assert seat
    totp = pyotp.TOTP(second_factor.new_secret())
    staff.turn_on_second_factor(parts, seat, totp.secret, totp.at(now), now)
    desk.visit.now += timedelta(seconds=second_factor.STEP_S)
    return totp


def log_in(room: Newsroom) -> None:
    """With the password, and with the code that an authenticator shows, in the digits of the language."""
    language = "ar" if room.words is ARABIC else "en"
    totp, page = authenticator(room.desk, language), room.page
    page.goto("/desk")
    page.fill("#address", EDITOR)
    page.fill("#password", PASSWORD)
    room.press(room.words.log_in[0])
    page.wait_for_url("**/desk/code")
    page.goto("/desk/at/naba/issues")
    page.wait_for_url("**/desk/code")  # a password alone opens nothing
    page.fill("#code", convert(totp.at(room.desk.visit.now), "arab" if language == "ar" else "latn"))
    room.press(room.words.log_in[1])
    room.follow(room.words.menu)


def compose(room: Newsroom) -> list[str]:
    """An issue of three articles: one is sought, two are ticked in the list, and the first goes down; gives them."""
    page, titles = room.page, room.words.titles
    new, find, add, down, save = room.words.compose
    room.press(new)
    page.fill("#title", room.words.title)
    page.select_option("#language", page.locator("html").get_attribute("lang"))
    page.fill("#q", room.words.sought)
    room.press(find)
    assert page.locator(".found bdi").all_inner_texts() == [titles[1]]
    page.locator(".found input").check()
    room.press(add)
    page.fill("#q", "")
    room.press(find)
    for title in (titles[0], titles[2]):
        page.locator(".found label", has_text=title).locator("input").check()
    room.press(add)
    rows = page.locator("[data-item]")
    rows.nth(2).wait_for()
    first, second, third = rows.locator("bdi").all_inner_texts()
    if room.words is ARABIC:
        room.press(down.format(first))
    else:
        drag_down(page)
    page.locator("[data-item]:nth-child(2)", has_text=first).wait_for()
    room.press(save)
    return [second, first, third]


def drag_down(page: Any) -> None:
    """The first row, by its grip, below the second."""
    rows = page.locator("[data-item]")
    rows.nth(1).scroll_into_view_if_needed()
    rows.nth(0).locator(".grip").hover()
    below = rows.nth(1).bounding_box()  # only now: to hover may have scrolled
    page.mouse.down()
    page.mouse.move(below["x"] + 20, below["y"] + below["height"] - 2, steps=8)
    page.mouse.up()


def preview(room: Newsroom, order: list[str]) -> None:
    """The letter on a phone, in the dark and as text, and one to oneself."""
    page, (dark, text) = room.page, room.words.views
    frame = page.frame_locator("iframe.letter.phone")
    assert room.words.title in frame.locator("h1").inner_text()
    assert frame.locator("h3").all_inner_texts() == order
    room.follow(dark)
    page.frame_locator("iframe.letter.dark").locator("h1").wait_for()
    room.follow(text)
    letter = page.frame_locator("iframe.letter").locator("pre").inner_text()
    assert [letter.index(title) for title in order] == sorted(letter.index(title) for title in order)
    button, sent = room.words.test
    room.press(button)
    room.sender.work()
    page.goto(page.url.partition("?")[0].removesuffix("/test"))
    room.reads(sent)
    tried = room.desk.visit.transport.sent[-1]
    assert tried.rcpt_to == EDITOR
    assert room.tried() == [EDITOR]
    room.desk.visit.transport.seen.clear()


def send(room: Newsroom) -> None:
    """Let it go now; nothing leaves before a worker has planned it."""
    onward, now, button = room.words.send
    room.follow(onward)
    room.page.locator("label", has_text=now).locator("input[value=now]").check()
    room.press(button)
    room.reads(room.words.states[0])
    room.sender.step()
    room.page.reload()
    room.reads(room.words.states[1])
    assert room.books() == (0, 0, 7)


def watch(room: Newsroom) -> Any:
    """The letters of the issue in a window of their own, whose bar moves by itself."""
    live = room.page.context.new_page()
    live.goto(room.page.get_by_role("link", name=room.words.each).get_attribute("href"))
    live.locator(".reload[hidden]").wait_for(state="attached")
    moved(live, room.words.counts[0])
    return live


def moved(live: Any, count: str) -> None:
    """That the bar has come so far, untouched."""
    live.locator("[data-word=count]", has_text=count).wait_for()


def halt(room: Newsroom, live: Any) -> None:
    """Pause in mid-send: the worker works on, and nothing leaves; then go on."""
    _, two, four, six = room.words.counts
    pause, paused, resume = room.words.pause
    room.sender.step()
    moved(live, two)
    room.press(pause)
    room.reads(room.words.states[2], paused)
    room.sender.work()
    assert room.tried() == READERS[:2]
    assert room.books() == (1, 1, 5)
    room.press(resume)
    room.reads(room.words.states[1])
    room.sender.step()
    moved(live, four)
    room.sender.work()
    moved(live, six)
    assert room.tried() == READERS
    assert room.books() == (5, 1, 1)


def outlast(room: Newsroom, live: Any) -> None:
    """Who was asked to come back later is seen to wait, and gets the letter later."""
    tab, why = room.words.waiting
    page = room.page
    room.follow(room.words.each)
    room.follow(tab)
    row = page.locator("tbody tr")
    assert row.count() == 1
    for words in (BUSY, why, SAYS[BUSY].reply):
        row.get_by_text(words).wait_for()
    del room.desk.visit.transport.outcomes[BUSY]
    room.sender.beat(timedelta(hours=1))
    live.locator(".progress.over", has_text=room.words.over).wait_for()
    assert room.books() == (6, 1, 0)
    room.sender.beat(timedelta(seconds=30))  # the next one finds that the issue is done


def retry(room: Newsroom) -> None:
    """Who failed and why, in the table; with their mailbox emptied they get theirs."""
    page, (tab, why) = room.page, room.words.failed
    page.reload()
    room.follow(tab)
    row = page.locator("tbody tr")
    assert row.count() == 1
    for words in (FULL, why, SAYS[FULL].reply):
        row.get_by_text(words).wait_for()
    every, asked, button, done = room.words.retry
    room.press(every)
    room.reads(asked)
    room.press(button)
    room.reads(done)
    assert room.books() == (6, 0, 1)
    del room.desk.visit.transport.outcomes[FULL]
    room.sender.beat(timedelta(minutes=5))
    room.sender.beat(timedelta(seconds=30))  # as before: the issue was opened again
    page.reload()
    room.reads(room.words.over)
    assert page.locator("tbody tr", has_text=room.words.states[3]).count() == len(READERS)
    assert room.books() == (7, 0, 0)
    assert room.tried() == [*READERS, BUSY, FULL]


def test_an_editor_logs_in_composes_sends_pauses_sees_who_failed_and_retries(room: Newsroom) -> None:
    log_in(room)
    preview(room, compose(room))
    send(room)
    live = watch(room)
    halt(room, live)
    outlast(room, live)
    retry(room)
    room.follow(room.words.menu)
    issue = room.page.locator("tbody tr", has_text=room.words.title)
    assert issue.locator(".badge").inner_text() == room.words.states[3]
