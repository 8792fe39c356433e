"""Letters in the dark and on paper, in a real browser: all can be read, and what is useless is not printed."""

from dataclasses import replace
from typing import Any

import pytest

from notifier.domain.colour import CONTRAST_MIN, contrast
from notifier.domain.letter import Logo
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, mail_html
from tests.letters import fixtures

pytestmark = pytest.mark.browser

# Ink and ground of each text, as they are painted; on paper no ground is printed, and paper is white.
COLOURS = """isPaper => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
  const hex = c => '#' + c.match(/[\\d.]+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('')
  while (walk.nextNode()) { const e = walk.currentNode.parentElement
    if (!walk.currentNode.data.trim() || !e.getClientRects().length || e.closest('.preheader')) continue
    let at = e; while (at && /rgba\\(.*, 0\\)/.test(getComputedStyle(at).backgroundColor)) at = at.parentElement
    found.push([hex(getComputedStyle(e).color), isPaper || !at ? '#ffffff' : hex(getComputedStyle(at).backgroundColor),
      walk.currentNode.data.trim().slice(0, 30)]) } return found }"""
SHOWN = "words => [...document.querySelectorAll('a')].some(e => e.href === words && e.getClientRects().length)"


def opened(browser: Any, renderer: Renderer, kind: LetterKind, **media: str) -> Any:
    sample = fixtures.sample(kind, "ar")
    logo = Logo("https://aldhifaf.example/logo.png", 400, 80)
    page = browser.new_page(viewport={"width": 700, "height": 800})
    page.emulate_media(**media)
    page.route("**/*", lambda route: route.abort())
    page.set_content(mail_html(renderer.render(replace(sample, site=replace(sample.site, logo=logo))), READER))
    return page


READER = fixtures.personal()


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize(
    "media",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"media": "print"},
        {"media": "print", "color_scheme": "dark"},
    ],
    ids=["light", "dark", "paper", "paper from the dark"],
)
def test_what_is_written_can_be_read(browser: Any, renderer: Renderer, kind: LetterKind, media: dict[str, str]) -> None:
    page = opened(browser, renderer, kind, **media)
    texts = page.evaluate(COLOURS, "media" in media)
    assert len(texts) > 5
    assert [text for text in texts if contrast(text[0], text[1]) < CONTRAST_MIN] == []
    page.close()


def test_the_line_of_links_at_the_top_is_not_printed_but_the_footer_is(browser: Any, renderer: Renderer) -> None:
    for media, is_shown in (("screen", True), ("print", False)):
        page = opened(browser, renderer, LetterKind.ALERT, media=media)
        assert page.evaluate(SHOWN, READER.view_url) is is_shown
        assert page.evaluate(SHOWN, READER.preferences_url)
        page.close()


def test_the_logo_stands_on_white_in_the_dark_as_well(browser: Any, renderer: Renderer) -> None:
    page = opened(browser, renderer, LetterKind.ALERT, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.querySelector('img.logo')).backgroundColor") == "rgb(255, 255, 255)"
    page.close()


def test_a_blocked_picture_keeps_its_room_and_shows_its_words(browser: Any, renderer: Renderer) -> None:
    page = opened(browser, renderer, LetterKind.ALERT)
    shape = page.evaluate("(e => [e.alt, e.clientWidth, e.clientHeight])(document.querySelector('img.picture'))")
    assert shape[0] == fixtures.DAM.image_alt
    assert shape[1] == 600
    assert 30 < shape[2] < 400
    page.close()
