"""Letters in a real browser, whole and as mail clients leave them: direction, order of glyphs, width."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.stages.render import Renderer, mail_html
from tests.letters import fixtures

playwright = pytest.importorskip("playwright.sync_api", reason="needs the `browser` extra")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium")

OVERFLOW = """() => [...document.querySelectorAll('*')].filter(e => !e.closest('.preheader'))
  .filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.right > innerWidth + 1 || r.left < -1) })
  .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40))"""
WRONG_BLOCKS = """([way, side]) => [...document.querySelectorAll('p,h1,h2,h3')].filter(e => {
  const style = getComputedStyle(e)
  const align = style.textAlign === 'start' ? (style.direction === 'rtl' ? 'right' : 'left') : style.textAlign
  const wanted = e.closest('table[style*="direction:' + (way === 'rtl' ? 'ltr' : 'rtl') + '"]') ? null : way
  return wanted && (style.direction !== wanted || !align.endsWith(side)) }).map(e => e.textContent.slice(0, 60))"""
# Where a piece of text begins and ends on the screen, glyph by glyph.
EDGES = """words => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) { const at = walk.currentNode.data.indexOf(words); if (at < 0) continue
    const edge = i => { const r = document.createRange(); r.setStart(walk.currentNode, at + i)
      r.setEnd(walk.currentNode, at + i + 1); return r.getBoundingClientRect().left }
    if (walk.currentNode.parentElement.closest('.preheader')) continue
    return [edge(0), edge(words.length - 1)] } return null }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield launched
        launched.close()


def gmail(html: str, host: str) -> str:
    body = re.sub(r"(?s)^.*?<body[^>]*>|</body>.*$|<!--.*?-->", "", html)
    return f'<!DOCTYPE html><html dir="{host}"><body style="margin:0"><div>{body}</div></body></html>'


def gmx(html: str, host: str) -> str:
    return re.sub(r'(?<!<html) dir="(?:rtl|ltr)"', "", gmail(html, host))


CLIENTS: dict[str, Callable[[str], str]] = {
    "whole": lambda html: html,
    "gmail in an English page": lambda html: gmail(html, "ltr"),
    "gmail in an Arabic page": lambda html: gmail(html, "rtl"),
    "gmx in an English page": lambda html: gmx(html, "ltr"),
    "gmx in an Arabic page": lambda html: gmx(html, "rtl"),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_direction_survives_mail_clients(browser: Any, renderer: Renderer, client: str, language: str) -> None:
    for kind in fixtures.KINDS:
        html = mail_html(renderer.render(fixtures.sample(kind, language)), fixtures.personal())
        page = browser.new_page(viewport={"width": 320, "height": 800})
        page.route("**/*", lambda route: route.abort())
        page.set_content(CLIENTS[client](html))
        assert page.evaluate(OVERFLOW) == []
        sides = ["ltr", "left"] if language == "en" else ["rtl", "right"]
        assert page.evaluate(WRONG_BLOCKS, sides) == []
        page.close()


@pytest.mark.parametrize("client", CLIENTS)
def test_numbers_and_names_read_the_right_way(browser: Any, renderer: Renderer, client: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.set_content(CLIENTS[client](mail_html(renderer.render(fixtures.DIGEST), fixtures.personal())))
    for left_to_right in ("+964 770 123 4567", "Laravel 12", "FIFA Arab Cup", "https://tadreeb"):
        first, last = page.evaluate(EDGES, left_to_right)
        assert first < last, left_to_right
    for right_to_left in ("مناسيب دجلة", "أسود الرافدين"):
        first, last = page.evaluate(EDGES, right_to_left)
        assert first > last, right_to_left
    page.close()


def test_a_letter_that_lost_its_direction_would_be_seen(browser: Any, renderer: Renderer) -> None:
    html = mail_html(renderer.render(fixtures.DIGEST), fixtures.personal())
    bare = re.sub(r"(?<!-)direction:(?:rtl|ltr);?|text-align:\w+;?| align=\"\w+\"", "", gmx(html, "ltr"))
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.set_content(bare)
    assert len(page.evaluate(WRONG_BLOCKS, ["rtl", "right"])) > 20
    page.set_viewport_size({"width": 320, "height": 800})
    page.set_content('<p style="width:900px">x</p>')
    assert page.evaluate(OVERFLOW)
    page.close()
